package search

import (
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/portuguese"
	"golang.org/x/text/unicode/norm"
)

// Fold lowers the case and takes the accents off: "Saída" and "saida" are one word, as people
// type both.
func Fold(text string) string {
	var folded strings.Builder
	folded.Grow(len(text))
	for _, r := range norm.NFKD.String(text) {
		if unicode.Is(unicode.Mn, r) {
			continue
		}
		folded.WriteRune(unicode.ToLower(r))
	}
	return folded.String()
}

// word is one word of a text in its folded form and its two stems.
type word struct {
	text   string
	pt, en string
}

// same says that two words have a stem in common.
func (w word) same(other word) bool { return w.pt == other.pt || w.en == other.en }

// stemmed makes the stems of a folded word.
func stemmed(folded string) word {
	return word{text: folded, pt: portugueseStem(folded), en: englishStem(folded)}
}

// portugueseStem stems a folded word. Snowball's rules want the accents of the commonest
// suffixes, so those are put back first: "movimentacoes" is stemmed as "movimentações"; of
// "disponíveis" it makes another stem than of "disponível", so that plural is undone.
func portugueseStem(folded string) string {
	env := snowballstem.NewEnv(accented(folded))
	portuguese.Stem(env)
	return Fold(env.Current())
}

func englishStem(folded string) string {
	env := snowballstem.NewEnv(folded)
	english.Stem(env)
	return env.Current()
}

func accented(folded string) string {
	for _, ending := range [...][2]string{
		{"coes", "ções"}, {"cao", "ção"}, {"oes", "ões"}, {"aveis", "ável"}, {"iveis", "ível"},
		{"avel", "ável"}, {"ivel", "ível"}, {"encia", "ência"}, {"encias", "ências"}, {"ancia", "ância"}, {"ario", "ário"}, {"orio", "ório"},
	} {
		if stem, ok := strings.CutSuffix(folded, ending[0]); ok && stem != "" {
			return stem + ending[1]
		}
	}
	return folded
}

// isStop says that a word carries no topic in either language. Words that ask (onde, quanto,
// quem, why) are not in it: they are the shape of a question.
func isStop(folded string) bool {
	switch folded {
	case "a", "o", "as", "os", "um", "uma", "uns", "umas", "de", "da", "do", "das", "dos", "em", "no", "na", "nos", "nas",
		"num", "numa", "ao", "aos", "e", "ou", "que", "qual", "quais", "se", "por", "pelo", "pela", "pelos", "pelas", "para", "pra", "pro",
		"com", "sem", "ate", "me", "mim", "eu", "voce", "voces", "ele", "ela", "eles", "elas", "isso", "isto", "esse", "essa", "esses",
		"essas", "este", "esta", "estes", "estas", "aquele", "aquela", "desse", "dessa", "deste", "desta", "nesse", "nessa", "neste", "nesta",
		"desses", "dessas", "ai", "aqui", "la", "sao", "foi", "foram", "ser", "estao", "ta", "tao", "seu", "sua", "seus", "suas",
		"ha", "ja", "so", "tambem", "mais", "muito", "favor", "quero", "queria", "preciso", "gostaria", "pode", "poderia", "gente", "nosso", "nossa",
		"nossos", "nossas", "bom", "boa", "dia", "tarde", "noite", "ola", "oi",
		"the", "an", "of", "in", "on", "at", "to", "for", "and", "or", "is", "are", "was", "were", "be", "been", "by", "with", "from", "it", "its",
		"this", "that", "these", "those", "i", "you", "we", "they", "he", "she", "our", "us", "your", "their", "does", "did", "can", "could",
		"would", "will", "please", "which", "what", "there", "any", "some", "need", "want", "hi", "hello", "has", "had":
		return true
	}
	return false
}
