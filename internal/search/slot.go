package search

import (
	"regexp"
	"strings"
	"unicode"
)

// Markers stand for values whose exact text says nothing about the topic but whose kind does:
// a question about a serial number looks the same for every serial number.
const (
	markSerial     = "#serial"     // FOC2236X0AB
	markPart       = "#part"       // C9200L-24P-4G
	markTag        = "#tag"        // PAT-00981
	markNumber     = "#number"     // 100234, a material or an id
	markTicket     = "#ticket"     // a number after "chamado" or "ticket"
	markDate       = "#date"       // 01/05/2026, ontem, last week
	markIdentifier = "#identifier" // serial_number
	markQuantity   = "#quantity"   // 2, dois
	markAsk        = "#ask"        // a question and no order
	markOrder      = "#order"      // a quantity in a text that asks nothing
)

// token is a piece of folded text between spaces and punctuation, or the marker that replaces it.
type token struct {
	text   string
	marker string
}

var (
	// pieceForm finds runs of letters and digits that may be joined inside, and question marks.
	pieceForm      = regexp.MustCompile(`[\p{L}\p{N}]+(?:[-_/.:][\p{L}\p{N}]+)*|\?`)
	dateForm       = regexp.MustCompile(`^(?:\d{4}-\d{2}(?:-\d{2})?|\d{1,2}/\d{1,2}(?:/\d{2,4})?|(?:19|20)\d{2})$`)
	identifierForm = regexp.MustCompile(`^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$`)
	tagForm        = regexp.MustCompile(`^[a-z]{2,4}-\d{4,}$`)
)

const (
	longQuantity = 4 // digits: five or more are an identifier, not a quantity
	longSerial   = 9 // characters in one piece: serials of Cisco have 11, of HP 10; shorter codes look like part numbers (ISR4331)
)

// tokens splits a text, replaces values by markers and adds the markers of its shape.
func tokens(text string) []token {
	found := pieceForm.FindAllString(Fold(text), -1)
	out := make([]token, 0, len(found)+2)
	asks, counts := len(found) > 0 && opensQuestion(found[0]), false
	previous := ""
	for _, piece := range found {
		if piece == "?" {
			asks = asks || !isRequest(found[0])
			continue
		}
		marker := markerOf(piece, previous)
		switch {
		case marker == markIdentifier:
			out = append(out, token{text: piece, marker: marker})
			for part := range strings.SplitSeq(piece, "_") {
				out = append(out, token{text: part})
			}
		case marker != "":
			counts = counts || marker == markQuantity
			out = append(out, token{text: piece, marker: marker})
		default:
			for part := range strings.FieldsFuncSeq(piece, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
				asks = asks || isAsking(part)
				out = append(out, token{text: part})
			}
		}
		if piece != "number" && piece != "numero" && piece != "no" {
			previous = piece
		}
	}
	switch {
	case asks:
		out = append(out, token{marker: markAsk})
	case counts:
		out = append(out, token{marker: markOrder})
	}
	return out
}

func markerOf(piece, previous string) string {
	letters, digits, joined := shape(piece)
	switch {
	case dateForm.MatchString(piece), isDateWord(piece):
		return markDate
	case identifierForm.MatchString(piece):
		return markIdentifier
	case isNumberWord(piece):
		return markQuantity
	case digits == 0:
		return ""
	case letters == 0 && (previous == "chamado" || previous == "ticket"):
		return markTicket
	case isSerialWord(previous):
		return markSerial
	case letters == 0 && digits <= longQuantity:
		return markQuantity
	case letters == 0:
		return markNumber
	case tagForm.MatchString(piece):
		return markTag
	case !joined && len(piece) >= longSerial:
		return markSerial
	case letters+digits >= 4 && !strings.Contains(piece, "_"):
		return markPart
	}
	return ""
}

func shape(piece string) (letters, digits int, joined bool) {
	for _, r := range piece {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		default:
			joined = true
		}
	}
	return letters, digits, joined
}

func isSerialWord(folded string) bool {
	switch folded {
	case "serial", "serie", "sn", "s/n", "serei":
		return true
	}
	return false
}

func isAsking(folded string) bool {
	switch folded {
	case "que", "onde", "cade", "quem", "quando", "quanto", "quanta", "quantos", "quantas", "qual", "quais", "como",
		"where", "who", "whose", "when", "how", "which", "what", "why":
		return true
	}
	return false
}

// opensQuestion says that a text that begins so asks, with or without a question mark.
func opensQuestion(folded string) bool {
	switch folded {
	case "tem", "ha", "existe", "existem", "temos", "sera", "algum", "alguma", "houve",
		"is", "are", "do", "does", "did", "has", "have", "any", "was", "were":
		return true
	}
	return false
}

// isRequest says that a text that begins so orders politely, question mark or not.
func isRequest(folded string) bool {
	switch folded {
	case "pode", "poderia", "podes", "consegue", "can", "could", "please", "favor":
		return true
	}
	return false
}

func isNumberWord(folded string) bool {
	switch folded {
	case "dois", "duas", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez", "doze", "quinze", "vinte", "trinta", "cem",
		"two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve", "fifteen", "twenty", "thirty", "hundred":
		return true
	}
	return false
}

func isDateWord(folded string) bool {
	switch folded {
	case "ontem", "hoje", "anteontem", "amanha", "semana", "semanas", "mes", "meses", "trimestre", "semestre", "ano", "dias", "quinzena",
		"janeiro", "fevereiro", "marco", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
		"segunda", "terca", "quarta", "quinta", "sexta", "sabado", "domingo", "feriado", "feriados", "periodo",
		"segunda-feira", "terca-feira", "quarta-feira", "quinta-feira", "sexta-feira",
		"yesterday", "today", "tomorrow", "week", "weeks", "month", "months", "quarter", "year", "days", "weekend", "holiday", "holidays", "period",
		"january", "february", "march", "april", "june", "july", "august", "september", "october", "november", "december",
		"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday":
		return true
	}
	return false
}
