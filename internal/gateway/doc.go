// Package gateway is the MCP door: streamable HTTP, stateless, in protocol revision 2026-07-28 and the
// older ones that the official SDK serves, and the same tools over stdio.
//
// A request passes one gate (host, origin, token, sizes, strict JSON) and then takes one of two ways.
// Calls of tools take the lean way: no reflection, no second parse, the operation's output is copied into
// the answer as it is. Everything else, and long calls that report progress, is the SDK's. Both ways end
// in the same function and are held to the same conversations (testdata/*.txtar).
//
// Decisions that clients can see:
//
//   - A failed call is a result with isError and structuredContent {"error": …}, so that a model can read
//     and correct it; that includes a role or a scope that the operation needs. Only a token without the
//     scope for tools at all is refused by HTTP 403: a step-up to the scope "approve" must never be offered
//     to the programs that call here.
//   - An unknown tool is the protocol error -32602 that every revision of MCP asks for (HTTP 400 in
//     2026-07-28, 200 before), with the same {"error": …} of code not_found in data.
//   - JSON is read strictly: a repeated name, another spelling of a known name, a second value and broken
//     UTF-8 are refused. Unknown members of params are left alone, because the protocol grows by them.
//   - requestState is refused: no tool asks for input, so every one that comes is forged.
//   - In 2026-07-28 a closed connection cancels the call; before, as those revisions say, it does not.
package gateway
