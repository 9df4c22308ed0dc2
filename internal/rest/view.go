package rest

import (
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/faiston/nexo/internal/fault"
)

// What templates ask of a view.

// Lang is the language of the page.
func (v *view) Lang() string { return string(v.lang) }

// Say is the sentence of that name in the language of the page.
func (v *view) Say(name string) string { return say(v.d.site.words, v.lang, name) }

// Label is how people call a word of a vocabulary; a word that nobody named is shown as it is.
func (v *view) Label(kind, word string) string {
	if s, ok := v.d.site.words[kind+"."+word]; ok {
		return either(v.lang, s[0], s[1])
	}
	return word
}

// Either chooses between a text in pt-BR and one in English.
func (v *view) Either(pt, en string) string { return either(v.lang, pt, en) }

func either(l lang, pt, en string) string {
	if l == english && en != "" || pt == "" {
		return en
	}
	return pt
}

func say(words map[string][2]string, l lang, name string) string {
	s, ok := words[name]
	if !ok {
		return name // a test looks for these
	}
	return either(l, s[0], s[1])
}

// Message is a fault in the language of the page.
func (v *view) Message(f *fault.Error) string { return either(v.lang, f.Message, f.MessageEN) }

// Quote is the id under which the log has an internal error; empty for others.
func (v *view) Quote(f *fault.Error) string {
	for _, d := range f.Details {
		if id, ok := d.Value.(string); ok && d.Name == "id" {
			return id
		}
	}
	return ""
}

// Number writes a quantity as people of the language do.
func (v *view) Number(q quantity) string {
	s := string(q)
	if v.lang == english {
		return s
	}
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	var b strings.Builder
	if strings.HasPrefix(s, "-") {
		b.WriteString("−")
	}
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte('.')
		}
		b.WriteRune(r)
	}
	if fraction != "" {
		b.WriteString("," + fraction)
	}
	return b.String()
}

// Signed writes a change with its sign.
func (v *view) Signed(q quantity) string {
	if q == "" || q == "0" || strings.HasPrefix(string(q), "-") {
		return v.Number(q)
	}
	return "+" + v.Number(q)
}

// Moment writes an instant to the minute, and Day a date. What is not one is shown as it is.
func (v *view) Moment(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1990 {
		return "" // never happened
	}
	return t.Format(either(v.lang, "02/01/2006 15:04", "2006-01-02 15:04"))
}

// Day writes a business date.
func (v *view) Day(s string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return s
	}
	return t.Format(either(v.lang, "02/01/2006", time.DateOnly))
}

// SignedIn reports whether somebody has signed in.
func (v *view) SignedIn() bool { return v.caller != nil }

// Person is who has signed in.
func (v *view) Person() string {
	if v.caller == nil {
		return ""
	}
	return v.caller.claims.Username
}

// Role is the first role of who has signed in, for the commands of the page.
func (v *view) Role() string {
	if v.caller == nil || len(v.caller.claims.Groups) == 0 {
		return "logistics"
	}
	return v.caller.claims.Groups[0]
}

// May reports whether the caller may call an operation; without it its links are not shown.
func (v *view) May(operation string) bool {
	return v.caller != nil && v.d.operations[operation] != nil && v.d.visible(v.caller, operation)
}

// Has reports whether the operation of a page that links point to is declared.
func (v *visit) Has(operation string) bool { return v.d.operations[operation] != nil }

// Here is the address of this page in a language, and Style that of the style sheet.
func (v *view) Here(l string) string {
	q := v.r.URL.Query()
	q.Set("lang", l)
	path := v.r.URL.EscapedPath()
	if v.r.Method != "GET" {
		path, q = "/", url.Values{"lang": {l}}
	}
	return path + "?" + q.Encode()
}

// Style is the address of the style sheet.
func (v *view) Style() string { return v.d.site.styleURL }

// Token is the value of a form's hidden field.
func (v *view) Token() string { return v.d.site.formToken(v.caller.claims) }

// NewKey is a fresh idempotency key: sending the same form twice does the thing once.
func (v *view) NewKey() string { return "web-" + v.d.NewID().String() }

// Public is the address of the program.
func (v *view) Public() string { return v.d.PublicURL }

// Local reports whether the program runs for this machine alone.
func (v *view) Local() bool { return v.d.Local }

// Version of the program.
func (v *view) Version() string { return v.d.Version }

// Current marks the link of the section that the page belongs to.
func (v *view) Current(path string) bool {
	return v.r.URL.Path == path || strings.HasPrefix(v.r.URL.Path, path+"/")
}

// Paged reports whether this is a later page of a list.
func (v *view) Paged() bool { return v.r.URL.Query().Get("cursor") != "" }

// With is the address of this page with one parameter set: the next page of a list, or its table.
func (v *view) With(name, value string) string {
	q := v.r.URL.Query()
	q.Set(name, value)
	q.Del("lang")
	return v.r.URL.EscapedPath() + "?" + q.Encode() // a part number may have a slash in it
}

// Table is the address of this page's list as a table, from the API, with the same filters.
func (v *view) Table(resource, format string) string {
	q := url.Values{}
	for name, list := range v.r.URL.Query() {
		if name != "lang" && name != "cursor" && list[0] != "" {
			q.Set(name, list[0])
		}
	}
	q.Set("format", format)
	return apiPath + resource + "?" + q.Encode()
}

// quantity is an exact number of an answer, which is an integer or a decimal string.
type quantity string

// UnmarshalJSONFrom reads either form.
func (q *quantity) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	raw, err := d.ReadValue()
	if err != nil {
		return err
	}
	switch raw.Kind() {
	case '0':
		*q = quantity(raw)
	case '"':
		text, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return err
		}
		*q = quantity(text)
	}
	return nil
}

// Differs reports whether two numbers differ; equal ones are written alike.
func (q quantity) Differs(o quantity) bool { return q != o }

// asked calls an operation as the visitor and reads what the page shows of its answer.
func asked[T any](v *visit, operation string, arguments *arguments) (*T, error) {
	raw, err := v.d.call(v.r, v.caller, operation, arguments.object())
	if err != nil {
		return nil, err
	}
	out := new(T)
	if err := json.Unmarshal(raw, out); err != nil {
		return nil, fault.Internal.With("Erro interno.", "Internal error.").Because(err)
	}
	return out, nil
}

// filters takes arguments from the query of a page: those that the operation has and that have a value.
func (v *visit) filters(operation string, names ...string) (*arguments, error) {
	params, err := query(v.r)
	if err != nil {
		return nil, err
	}
	op, a := v.d.operations[operation], &arguments{}
	for _, name := range names {
		value := params[name]
		n := op.input.Properties[name]
		if value == "" || n == nil {
			continue
		}
		raw, err := typed(name, value, n)
		if err != nil {
			return nil, err
		}
		a.add(name, raw)
	}
	return a, nil
}
