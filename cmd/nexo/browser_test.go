package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser drives Chromium over a pair of pipes (--remote-debugging-pipe): messages of the DevTools
// protocol, each ended by a zero byte.
type browser struct {
	t       *testing.T
	to      *os.File
	mu      sync.Mutex
	next    int
	answers map[int]chan reply
	loaded  chan struct{}
	session string
}

// reply is an answer or an event.
type reply struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// openBrowser starts Chromium with an empty page, or skips by name.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	if os.Getenv("NEXO_E2E") == "" {
		t.Skip("NEXO_E2E is not set: make e2e runs the browser")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium could not be had: make install says why")
	}
	theirIn, ourOut, err1 := os.Pipe()
	ourIn, theirOut, err2 := os.Pipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	cmd := exec.Command(program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	b := &browser{t: t, to: ourOut, answers: map[int]chan reply{}, loaded: make(chan struct{}, 16)}
	go b.listen(ourIn)
	t.Cleanup(func() {
		_, _ = b.send("Browser.close", nil), cmd.Wait()
		_, _ = ourOut.Close(), ourIn.Close()
	})
	var target struct{ TargetID string }
	b.ask("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.ask("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	b.ask("Page.enable", nil, nil)
	return b
}

func (b *browser) listen(from *os.File) {
	messages := bufio.NewScanner(from)
	messages.Buffer(nil, 32<<20)
	messages.Split(func(data []byte, _ bool) (int, []byte, error) {
		if i := strings.IndexByte(string(data), 0); i >= 0 {
			return i + 1, data[:i], nil
		}
		return 0, nil, nil
	})
	for messages.Scan() {
		var r reply
		if json.Unmarshal(messages.Bytes(), &r) != nil {
			continue
		}
		if r.Method == "Page.loadEventFired" {
			b.loaded <- struct{}{}
		}
		b.mu.Lock()
		if c := b.answers[r.ID]; c != nil {
			c <- r
		}
		b.mu.Unlock()
	}
}

func (b *browser) send(method string, params map[string]any) chan reply {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	message := map[string]any{"id": b.next, "method": method}
	if params != nil {
		message["params"] = params
	}
	if b.session != "" && !strings.HasPrefix(method, "Browser.") {
		message["sessionId"] = b.session
	}
	c := make(chan reply, 1)
	b.answers[b.next] = c
	raw, err := json.Marshal(message)
	if err == nil {
		_, err = b.to.Write(append(raw, 0))
	}
	if err != nil {
		b.t.Errorf("%s: %v", method, err)
	}
	return c
}

func (b *browser) ask(method string, params map[string]any, out any) {
	b.t.Helper()
	select {
	case r := <-b.send(method, params):
		if r.Error != nil {
			b.t.Fatalf("%s: %s", method, r.Error.Message)
		}
		if out != nil {
			if err := json.Unmarshal(r.Result, out); err != nil {
				b.t.Fatal(err)
			}
		}
	case <-time.After(patience):
		b.t.Fatalf("%s: no answer", method)
	}
}

// load waits for the page that an action leads to.
func (b *browser) load(act func()) {
	b.t.Helper()
	act()
	select {
	case <-b.loaded:
	case <-time.After(patience):
		b.t.Fatal("the page did not load")
	}
}

func (b *browser) visit(url string) {
	b.load(func() { b.ask("Page.navigate", map[string]any{"url": url}, nil) })
}

// eval runs JavaScript on the page and gives its value as text.
func (b *browser) eval(script string) string {
	b.t.Helper()
	var out struct {
		Result struct{ Value any }
		Thrown *struct{ Text string } `json:"exceptionDetails"`
	}
	b.ask("Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true}, &out)
	if out.Thrown != nil {
		b.t.Fatalf("%s: %s", script, out.Thrown.Text)
	}
	return fmt.Sprint(out.Result.Value)
}

// A new user opens the page, signs in with the printed password, sees who they are, and signs out.
func TestBrowserSignIn(t *testing.T) {
	t.Parallel()
	b := openBrowser(t)
	h := newHome(t)
	h.nexo(0, "call", "sga_create_project", "--args", `{"project_code":"P1","project_name":"x"}`) // no empty database: users, and no company
	s := h.serve()
	password := ""
	for line := range strings.Lines(s.welcome) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "logistics" {
			password = f[2]
		}
	}
	b.visit(s.url + "/")
	if got := b.eval("document.title"); !strings.Contains(got, "NEXO") {
		t.Errorf("title %q", got)
	}
	b.visit(s.url + "/login")
	signIn := func(password string) {
		b.load(func() {
			b.eval(fmt.Sprintf(`document.querySelector('input[name=username]').value = 'logistics';
				document.querySelector('input[name=password]').value = %q; document.querySelector('input[name=password]').form.requestSubmit()`, password))
		})
	}
	signIn("wrong-password")
	if got := b.eval("location.pathname"); got != "/login" {
		t.Errorf("a wrong password led to %s", got)
	}
	signIn(password)
	b.visit(s.url + "/")
	if got := b.eval("document.body.innerText"); !strings.Contains(got, "Lucas") && !strings.Contains(got, "logistics") {
		t.Errorf("signed in, and the page does not know: %.600s", got)
	}
	if got := b.eval("document.cookie"); got != "" {
		t.Errorf("scripts can read the session: %q", got)
	}
}
