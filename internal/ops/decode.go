package ops

import (
	"errors"
	"strings"

	"github.com/faiston/nexo/internal/fault"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxArguments bounds the arguments of one call: a thousand movements of thirty serials each are under 2 MiB.
const MaxArguments = 4 << 20

// decode reads arguments strictly into v: one JSON object, nothing after it, no unknown, repeated or
// differently cased name, no broken UTF-8; then the limits of the schema are checked.
func decode(raw []byte, v any, s *Schema) error {
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	if len(raw) > MaxArguments {
		return fault.InvalidArgument.With("Os argumentos passam de %d bytes.", "The arguments exceed %d bytes.", MaxArguments)
	}
	if jsontext.Value(raw).Kind() != '{' {
		return fault.InvalidArgument.With("Os argumentos devem ser um objeto JSON.", "The arguments must be a JSON object.")
	}
	if err := json.Unmarshal(raw, v, json.RejectUnknownMembers(true)); err != nil {
		return decodeFault(err)
	}
	return s.check(v)
}

// decodeFault says what is wrong with arguments and where, without quoting the decoder.
func decodeFault(err error) error {
	var own *fault.Error
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		field := fieldOf(semantic.JSONPointer)
		if errors.As(err, &own) {
			return own.On(field)
		}
		if errors.Is(err, json.ErrUnknownName) {
			return fault.InvalidArgument.With("Argumento desconhecido.", "Unknown argument.").On(field)
		}
		return fault.InvalidArgument.With("O argumento tem o tipo errado.", "The argument has the wrong type.").On(field)
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		field := fieldOf(syntax.JSONPointer)
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fault.InvalidArgument.With("O argumento aparece duas vezes.", "The argument appears twice.").On(field)
		}
		return fault.InvalidArgument.With("O JSON está malformado.", "The JSON is malformed.").On(field)
	}
	if errors.As(err, &own) {
		return own
	}
	return fault.InvalidArgument.With("Não foi possível ler os argumentos.", "The arguments could not be read.").Because(err)
}

// fieldOf writes a JSON pointer the way people write paths: /movements/3/quantity is movements[3].quantity.
func fieldOf(p jsontext.Pointer) string {
	var b strings.Builder
	for tok := range p.Tokens() {
		if isIndex(tok) {
			b.WriteString("[" + tok + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(tok)
	}
	const longest = 120 // a name that nobody declared may be of any length
	if b.Len() > longest {
		return strings.ToValidUTF8(b.String()[:longest], "")
	}
	return b.String()
}

func isIndex(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 6
}
