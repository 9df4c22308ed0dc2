package rest

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/stock"
)

var (
	// unsaid finds names of sentences that the catalogue does not have.
	unsaid = regexp.MustCompile(`>\s*(nav|sign|search|task|tasks|move|moved|field|balance|guest|home|connect|problem|kind|condition|priority|movement_type|asset_status)\.[a-zA-Z_.]+\s*<`)
	// outside finds whatever a page would load or run.
	outside = regexp.MustCompile(`(?i)(src=|<script|javascript:|\son[a-z]+=|style=|@import|href="(https?:)?//)`)
	token   = regexp.MustCompile(`name="form_token" value="([^"]+)"`)
)

// TestPages: a page as somebody, and what it must and must not have.
func TestPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, as, url string
		status        int
		must, not     []string
	}{
		{"guest", "", "/", 200, []string{`<html lang="pt-BR">`, `href="/login?next=%2F"`, "Entrar", "Usuários de demonstração", `href="/connect"`}, []string{`name="q"`, "/tasks", "Sair"}},
		{"guest in English", "", "/?lang=en", 200, []string{`<html lang="en">`, "Sign in", `hreflang="pt-BR"`}, []string{"Entrar"}},
		{"guest connects", "", "/connect", 200, []string{"http://127.0.0.1:8080/mcp", "bin/nexo token --user logistics --group logistics", "bin/nexo mcp"}, []string{"sga_"}},
		{"viewer", "@viewer", "/", 200, []string{`name="q"`, "autofocus", `href="/tasks"`, `href="/movements"`, "viewer", `href="/logout"`}, []string{`href="/movements/new"`, "/low-stock"}},
		{"logistics", "@logistics", "/", 200, []string{`href="/movements/new"`}, []string{"/low-stock"}},
		{"viewer connects", "@viewer", "/connect", 200, []string{"sga_get_balance", "Título sga_get_balance", "--user viewer"}, []string{"sga_create_movement", "sga_approve_task"}},
		{"search", "@viewer", "/search?q=switch", 200, []string{`value="switch"`, `href="/assets/` + assetID + `"`, "&lt;i&gt;X&lt;/i&gt;", `href="/parts/A%2FB"`, "Em estoque", `cursor=c2`}, []string{"<i>X"}},
		{"search that finds nothing", "@viewer", "/search?q=zzz", 200, []string{"Nada encontrado para", "zzz"}, []string{"<table"}},
		{"search by a part that has no assets", "@viewer", "/search?q=CABO/UTP", 200, []string{`href="/parts/CABO%2FUTP"`, "1.198,5"}, []string{"Nada encontrado"}},
		{"search by a word of a part", "@viewer", "/search?q=cabo", 200, []string{`href="/parts/CABO%2FUTP"`, "Cabo UTP"}, []string{"Nada encontrado"}},
		{"why", "@viewer", "/parts/CABO%2FUTP/why?as_of=2026-10-31&location_id=CD-SP", 200, []string{"Por que esse saldo de", `href="/parts/CABO%2FUTP?as_of=2026-10-31"`, "−5", "&#43;2,5", `href="/parts/CABO%2FUTP/why?as_of=2026-10-31&amp;cursor=w2&amp;location_id=CD-SP"`, "45", "30/10/2026", "Agente", "baixa",
			"aprovado por Lia", `href="/tasks/` + taskID + `"`, "NF 99", `href="/movements/m1"`, "/api/v1/balances/CABO%2FUTP/explanation?as_of=2026-10-31&amp;format=xlsx&amp;location_id=CD-SP"}, []string{"Saldo antes desta página", "null"}},
		{"why, a later page", "@viewer", "/parts/CABO%2FUTP/why?cursor=w2&lang=en", 200, []string{"Balance before this page:", "<strong>50</strong>", "cursor=w2"}, []string{"Por que"}},
		{"search with markup", "@viewer", "/search?q=%3Cscript%3E", 200, []string{"&lt;script&gt;"}, []string{"<script>"}},
		{"asset", "@viewer", "/assets/" + assetID, 200, []string{"FOC1", "Em uso", "Saída", "20/11/2026 10:00", "Lia", "CD-SP", "CLI-1", `href="/parts/C9300-48P"`}, []string{"null", "NF "}},
		{"asset in English", "@viewer", "/assets/" + assetID + "?lang=en", 200, []string{"In use", "Issue", "2026-11-20 10:00"}, []string{"Saída"}},
		{"no such asset", "@viewer", "/assets/NADA", 404, []string{"Ativo não encontrado.", `role="alert"`}, []string{"timeline"}},
		{"balance", "@viewer", "/parts/C9300-48P", 200, []string{"1.200", "1.198,5", "Switch &lt;48&gt;", `name="as_of" value=""`, "CD-SP", "Novo"}, []string{"Como estava", "<48>"}},
		{"balance then", "@viewer", "/parts/C9300-48P?as_of=2026-10-31", 200, []string{"Como estava no fim do dia 31/10/2026", `value="2026-10-31"`, "Agora"}, nil},
		{"balance of a part with a slash", "@viewer", "/parts/CABO%2FUTP", 200, []string{"CABO/UTP", `action="/parts/CABO%2FUTP"`}, nil},
		{"no such part", "@viewer", "/parts/NADA?lang=en", 404, []string{"Part number not found."}, []string{"Part number não"}},
		{"movements", "@viewer", "/movements?movement_type=SAIDA&location_id=CD-SP", 200, []string{"2,5", "CD-SP → EXTERNO", `value="SAIDA" selected`, `value="CD-SP"`, "format=csv", "cursor=n2",
			"/api/v1/movements?format=xlsx&amp;location_id=CD-SP&amp;movement_type=SAIDA"}, []string{"lang="}[:0]},
		{"movement", "@logistics", "/movements/m1", 200, []string{"Saída: 2 × C9300-48P", "CD-SP → EXTERNO", "19/11/2026", "Agente", "uso &lt;b&gt;", "/assets/" + assetID, `action="/movements/m1/reverse"`}, []string{"<b>", "Estornado"}},
		{"movement as viewer", "@viewer", "/movements/m1", 200, []string{"person-posts"}, []string{"Estornar"}},
		{"no such movement", "@viewer", "/movements/x", 404, []string{"Movimento não encontrado."}, nil},
		{"form as viewer", "@viewer", "/movements/new?type=ENTRADA", 403, []string{"Seu papel não permite"}, []string{"Registrar"}},
		{"choice of types", "@logistics", "/movements/new", 200, []string{"Chegou material", "type=AJUSTE_NEGATIVO", "espera aprovação"}, []string{"<form class=\"card\""}},
		{"unknown type", "@logistics", "/movements/new?type=ROUBO", 400, []string{`role="alert"`}, nil},
		{"tasks", "@viewer", "/tasks", 200, []string{"Urgente", "Ajuste de 5 &lt;b&gt;C9300&lt;/b&gt;", "/tasks/" + taskID}, []string{"<b>C9300"}},
		{"task", "@logistics", "/tasks/" + taskID, 200, []string{"adjustments-wait", "Ajustes esperam.", "Agente", "R$ 1.234,5", `value="f1"`, "Aprovar", "Rejeitar", "&lt;/pre&gt;&lt;script&gt;"}, []string{"<script>"}},
		{"no such task", "@viewer", "/tasks/x", 404, []string{"Tarefa não encontrada."}, []string{"Aprovar"}},
		{"no such page", "", "/nada", 404, []string{"Endereço desconhecido."}, nil},
		{"undeclared page", "@admin", "/low-stock", 404, []string{"Endereço desconhecido."}, nil},
		{"disabled", "@gone", "/", 403, []string{"Conta desativada."}, []string{`name="q"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			p := w.do(request(c.as, "GET", c.url, ""))
			body := p.Body.String()
			if p.Code != c.status {
				t.Errorf("%d %s", p.Code, body)
			}
			for _, must := range append(c.must, `<main id="main">`, "<title>", `name="viewport"`, `rel="stylesheet"`) {
				if !strings.Contains(body, must) {
					t.Errorf("lacks %q:\n%s", must, body)
				}
			}
			for _, not := range c.not {
				if strings.Contains(body, not) {
					t.Errorf("has %q", not)
				}
			}
			if m := unsaid.FindString(body); m != "" {
				t.Errorf("a sentence is missing: %s", m)
			}
			if m := outside.FindString(body); m != "" {
				t.Errorf("loads or runs something: %s", m)
			}
		})
	}
}

func TestPagesLead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ as, url, to string }{
		{"", "/tasks", "/login?next=%2Ftasks"},
		{"", "/search?q=a%26b", "/login?next=%2Fsearch%3Fq%3Da%2526b"},
		{"@viewer", "/search?q=FOC1", "/assets/" + assetID}, // one scan, one page
		{"@viewer", "/search?q=", "/"},
	} {
		p := newWorld(t).do(request(c.as, "GET", c.url, ""))
		if p.Code != 303 || p.Header().Get("Location") != c.to {
			t.Errorf("%s: %d %s", c.url, p.Code, p.Header().Get("Location"))
		}
	}
}

// submit sends a form as a browser on our page does. "TOKEN" stands for the token of a page.
func (w *world) submit(as, from, to string, values url.Values, change ...func(*http.Request)) (int, string) {
	if values.Get("form_token") == "TOKEN" {
		m := token.FindStringSubmatch(w.do(request(as, "GET", from, "")).Body.String())
		if m == nil {
			w.Fatalf("%s has no form", from)
		}
		values.Set("form_token", m[1])
	}
	r := request(as, "POST", to, values.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "http://127.0.0.1:8080")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, f := range change {
		f(r)
	}
	p := w.do(r)
	return p.Code, p.Body.String()
}

func TestForms(t *testing.T) {
	t.Parallel()
	const form = "/movements/new?type=ENTRADA"
	task := "/tasks/" + taskID
	for _, c := range []struct {
		name, as, from, to string
		values             url.Values
		status             int
		args               string
		must, not          []string
	}{
		{"post", "@logistics", form, "/movements", url.Values{"movement_type": {"ENTRADA"}, "part_number": {" C9300-48P "}, "quantity": {"1.234,5"}, "destination_location_id": {"CD-SP"},
			"serial_numbers": {"A1\r\nB2, C3"}, "idempotency_key": {"web-1"}, "unknown": {"x"}}, 200,
			`{"destination_location_id":"CD-SP","idempotency_key":"web-1","movement_type":"ENTRADA","part_number":"C9300-48P","quantity":"1234.5","serial_numbers":["A1","B2","C3"]}`,
			[]string{"Movimento registrado.", `href="/parts/C9300-48P"`, "Saldos depois"}, []string{"Espera aprovação"}},
		{"adjustment waits", "@logistics", form, "/movements", url.Values{"movement_type": {"AJUSTE_POSITIVO"}, "part_number": {"A"}, "quantity": {"1"}}, 200, "", []string{"Espera aprovação", `href="` + task + `"`}, []string{"Registrado<"}},
		{"refused", "@logistics", form, "/movements", url.Values{"movement_type": {"SAIDA"}, "part_number": {`"A&<`}, "quantity": {"5"}, "idempotency_key": {"web-2"}}, 409, "",
			[]string{"Só há 3.", `value="&#34;A&amp;&lt;"`, `value="web-2"`, `id="quantity" name="quantity" value="5"`, `aria-invalid="true"`}, []string{"registrado"}},
		{"not his to post", "@viewer", "", "/movements", url.Values{"movement_type": {"ENTRADA"}}, 403, "", nil, []string{"registrado"}},
		{"without the token", "@logistics", "", "/movements", url.Values{"movement_type": {"ENTRADA"}, "form_token": {"x"}}, 403, "-", []string{"A página expirou"}, []string{"registrado"}},
		{"approve", "@logistics", task, task + "/approve", url.Values{"fingerprint": {"f1"}, "comment": {"ok"}, "idempotency_key": {"k"}}, 200,
			`{"comment":"ok","fingerprint":"f1","idempotency_key":"k","task_id":"` + taskID + `"}`, []string{"Aprovada e executada."}, nil},
		{"approve what has changed", "@logistics", task, task + "/approve", url.Values{"fingerprint": {"old"}}, 409, "", []string{"O estoque mudou", `value="f1"`, "Aprovar"}, []string{"executada"}},
		{"reject", "@logistics", task, task + "/reject", url.Values{"reason": {"não"}}, 200, "", []string{"Tarefa rejeitada."}, nil},
		{"reverse", "@logistics", "/movements/m1", "/movements/m1/reverse", url.Values{"reason": {"engano"}, "idempotency_key": {"k"}}, 200,
			`{"idempotency_key":"k","movement_id":"m1","reason":"engano"}`, []string{"Movimento registrado."}, nil},
		{"reverse twice", "@logistics", "/movements/m1", "/movements/m1/reverse", url.Values{"reason": {"late"}}, 409, "", []string{"Já foi estornado."}, []string{"registrado"}},
		{"decide on nothing", "@logistics", task, "/tasks/x/approve", url.Values{"fingerprint": {"old"}}, 404, "", []string{"Tarefa não encontrada."}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if c.from == "" && c.values.Get("form_token") == "" {
				c.from = task
			}
			if c.values.Get("form_token") == "" {
				c.values.Set("form_token", "TOKEN")
			}
			status, body := w.submit(c.as, c.from, c.to, c.values)
			if status != c.status {
				t.Errorf("%d %s", status, body)
			}
			for _, must := range c.must {
				if !strings.Contains(body, must) {
					t.Errorf("lacks %q:\n%s", must, body)
				}
			}
			for _, not := range c.not {
				if strings.Contains(body, not) {
					t.Errorf("has %q", not)
				}
			}
			calls := []string{}
			for _, in := range w.client.calls {
				calls = append(calls, canonical(in.Arguments))
			}
			if c.args == "-" && len(calls) > 0 || len(c.args) > 1 && !slices.Contains(calls, c.args) {
				t.Errorf("calls %q", calls)
			}
		})
	}
}

// TestForgedForms: S-26, a form that another site sends, or another person's token.
func TestForgedForms(t *testing.T) {
	t.Parallel()
	values := func() url.Values {
		return url.Values{"movement_type": {"ENTRADA"}, "part_number": {"A"}, "quantity": {"1"}, "form_token": {"TOKEN"}}
	}
	for name, change := range map[string]func(*http.Request){
		"from another site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site"); r.Header.Del("Origin") },
		"from another port": func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "same-site")
			r.Header.Set("Origin", "http://127.0.0.1:9999")
		},
		"old browser":     func(r *http.Request) { r.Header.Del("Sec-Fetch-Site"); r.Header.Set("Origin", "http://localhost:9999") },
		"another session": func(r *http.Request) { r.Header.Set("Cookie", "nexo_session=admin") },
		"signed out":      func(r *http.Request) { r.Header.Del("Cookie") },
		"too large":       func(r *http.Request) { r.Body = http.NoBody; r.ContentLength = 0 },
	} {
		w := newWorld(t)
		status, body := w.submit("@logistics", "/movements/new?type=ENTRADA", "/movements", values(), change)
		if status == 200 || strings.Contains(body, "registrado") {
			t.Errorf("%s: %d %s", name, status, body)
		}
		for _, in := range w.client.calls {
			if in.Name == "sga_create_movement" {
				t.Errorf("%s: posted", name)
			}
		}
	}
	w := newWorld(t)
	big := values()
	big.Set("serial_numbers", strings.Repeat("x", maxForm))
	if status, _ := w.submit("@logistics", "/movements/new?type=ENTRADA", "/movements", big); status != 413 {
		t.Errorf("a form of a megabyte and more: %d", status)
	}
}

// TestWordsAreComplete: every word of the vocabularies has a label, every text both languages.
func TestWordsAreComplete(t *testing.T) {
	t.Parallel()
	w := words()
	labels(w)
	for name, s := range w {
		if s[0] == "" || s[1] == "" {
			t.Errorf("%s: %q", name, s)
		}
	}
	for kind, list := range map[string][]string{
		"movement_type": stock.Values(stock.MovementTypes()), "move_hint": stock.Values(stock.MovementTypes()), "condition": stock.Values(stock.Conditions()),
		"asset_status": stock.Values(stock.AssetStatuses()), "reason_code": stock.Values(stock.ReasonCodes()), "stock_status": stock.Values(stock.StockLevels()),
	} {
		for _, word := range list {
			if _, ok := w[kind+"."+word]; !ok {
				t.Errorf("%s %s has no label", kind, word)
			}
		}
	}
	for _, movement := range stock.MovementTypes() {
		for _, f := range fieldsOf(movement) {
			if _, ok := w["field."+f.Name]; !ok {
				t.Errorf("%s: field %s has no label", movement, f.Name)
			}
		}
		if len(fieldsOf(movement)) < 8 {
			t.Errorf("%s has no form", movement)
		}
	}
}

func TestNumbersForPeople(t *testing.T) {
	t.Parallel()
	for q, want := range map[quantity][2]string{
		"0": {"0", "0"}, "999": {"999", "999"}, "1000": {"1.000", "1000"}, "1234567.25": {"1.234.567,25", "1234567.25"}, "-1500.5": {"−1.500,5", "-1500.5"}, "": {"", ""},
	} {
		for i, l := range []lang{portuguese, english} {
			v := &view{visit: &visit{lang: l}}
			if got := v.Number(q); got != want[i] {
				t.Errorf("%s in %s: %s, want %s", q, l, got, want[i])
			}
		}
	}
	for in, want := range map[string]string{"1,5": "1.5", "1.234,5": "1234.5", "1.5": "1.5", "7": "7", "1,2,3": "1,2,3"} {
		if got := decimalPoint(in, portuguese); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
	if decimalPoint("1,5", english) != "1,5" {
		t.Error("English has decimal points")
	}
}
