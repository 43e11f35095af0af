//go:build tools

// Package tools names the etcd server, which the local cluster builds from its module.
package tools

import _ "go.etcd.io/etcd/server/v3"
