// Package e2e holds the MCP door against programs that others wrote: the two official conformance suites
// and the inspector. Its tests run with the tag e2e (make e2e), because they install those programs.
package e2e
