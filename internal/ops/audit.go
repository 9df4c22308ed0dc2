package ops

import (
	"net/netip"
	"strconv"
	"strings"
)

// maxAgent in bytes is what the audit keeps of a user agent: enough to tell programs and their versions apart.
const maxAgent = 100

// Origin writes where a call comes from for the audit: the client's address (identity.Proxies finds it), and what
// the client calls itself. The second is a text that anybody may choose: it is cut and quoted, so that no line break, escape
// sequence or foreign letter of it ever reaches a reader of the audit as such (T-05).
func Origin(address netip.Addr, agent string) string {
	var b strings.Builder
	if address.IsValid() {
		b.WriteString(address.Unmap().WithZone("").String())
	} else {
		b.WriteByte('?') // a Unix socket has none
	}
	if agent != "" {
		b.WriteByte(' ')
		b.WriteString(strconv.QuoteToASCII(agent[:min(len(agent), maxAgent)]))
	}
	return b.String()
}

// OriginCLI is the origin of calls from the shell of the machine itself.
const OriginCLI = "cli"

// OriginStdio is that of a program which the user started on the same machine.
const OriginStdio = "stdio"
