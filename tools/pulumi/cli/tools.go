//go:build tools

// Package tools pins the Pulumi CLI, which tools/pulumi-cli builds.
package tools

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
