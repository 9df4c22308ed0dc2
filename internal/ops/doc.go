// Package ops is everything the system can do. An operation is declared once: its name and texts, its
// risk, who may call it, its typed input and output and its handler. MCP, REST, the shell, A2A and
// Lambda serve the same declarations through Client, so there is one permission check, one strict
// decoder, one audit record and one error table.
package ops
