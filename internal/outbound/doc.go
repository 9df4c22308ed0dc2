// Package outbound is the only way out of the program by HTTP. Addresses that people or other systems
// give (webhooks, key sets, feeds, upstream servers) are reached through it and nothing else, so that
// nobody makes the program talk to what only the program can reach: itself, its network, the metadata
// service of the machine (OWASP SSRF; ASVS 5.0 1.3.6 and 15.3.2).
//
// A name is judged by what it resolves to at the moment of the connection, in the dialer, on the address
// that the kernel will connect to: an answer of DNS that changes between a check and its use changes
// nothing, and odd spellings of an address end as the same address. Redirects are answers, never
// followed. Every answer is bounded in time and size.
package outbound
