package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// turning pages through the inventory: before the run it follows a list for some pages, then every call
// continues from one of their cursors. Calls of the first page alone would count the whole list each time.
func turning(door doorOf) doorOf {
	var once sync.Once
	var cursors []string
	return func(c *child, operation string, _ arguments) caller {
		once.Do(func() { cursors = followPages(c, operation) })
		return door(c, operation, func(r *rand.Rand, b []byte) []byte {
			b = append(b, `{"limit":100`...)
			if len(cursors) > 0 {
				b = append(append(append(b, `,"cursor":"`...), cursors[r.IntN(len(cursors))]...), '"')
			}
			return append(b, '}')
		})
	}
}

// pagesKept is how many cursors a run draws from.
const pagesKept = 200

var cursorPattern = regexp.MustCompile(`"next_cursor":"([^"]+)"`)

// followPages collects cursors through MCP; it gives none where the list has one page, or no answer.
func followPages(c *child, operation string) []string {
	var cursors []string
	for range pagesKept {
		args := `{"limit":100}`
		if n := len(cursors); n > 0 {
			args = `{"limit":100,"cursor":` + strconv.Quote(cursors[n-1]) + `}`
		}
		m := cursorPattern.FindSubmatch(callOnce(c, operation, args))
		if m == nil {
			break
		}
		cursors = append(cursors, string(m[1]))
	}
	return cursors
}

// callOnce calls a tool and gives the structured half of the answer, or nothing.
func callOnce(c *child, operation, args string) []byte {
	body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"` + operation + `","arguments":` + args + `}}`
	q, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "http://"+c.Address+"/mcp", strings.NewReader(body))
	if err != nil {
		return nil
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Accept", "application/json, text/event-stream")
	q.Header.Set("Mcp-Protocol-Version", "2025-06-18")
	q.Header.Set("Authorization", "Bearer "+c.Token)
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil
	}
	return text
}
