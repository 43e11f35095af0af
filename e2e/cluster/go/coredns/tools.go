//go:build tools

// Package tools names CoreDNS, which the local cluster builds from its module.
package tools

import _ "github.com/coredns/coredns"
