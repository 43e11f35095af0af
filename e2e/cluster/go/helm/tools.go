//go:build tools

// Package tools names helm, which the local cluster builds from its module.
package tools

import _ "helm.sh/helm/v3/cmd/helm"
