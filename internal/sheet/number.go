package sheet

import (
	"bytes"

	"github.com/govalues/decimal"
)

// style is which separator a column's numbers have before their decimals.
type style byte

const (
	unknown style = 0
	comma   style = ',' // 1.234,56
	point   style = '.' // 1,234.56
)

func (s style) other() style {
	if s == comma {
		return point
	}
	return comma
}

// shape is what one text says about its separators.
type shape uint8

const (
	notNumber  shape = iota
	whole            // digits only
	isComma          // can only be read with a decimal comma
	isPoint          // can only be read with a decimal point
	maybeComma       // one comma before three digits: decimals, or thousands written with commas
	maybePoint
)

// strip takes sign, currency and spaces off a number. A minus may stand before or after (SAP), or be brackets.
func strip(text []byte) (body []byte, negative bool) {
	text = bytes.TrimSpace(text)
	text = bytes.TrimPrefix(text, []byte("R$"))
	text = bytes.Trim(text, " \u00a0\t")
	if n := len(text); n > 1 {
		switch {
		case text[n-1] == '-':
			negative, text = true, text[:n-1]
		case text[0] == '-':
			negative, text = true, text[1:]
		case text[0] == '+':
			text = text[1:]
		case text[0] == '(' && text[n-1] == ')':
			negative, text = true, text[1:n-1]
		}
	}
	text = bytes.Trim(text, " \u00a0\t")
	text = bytes.TrimPrefix(text, []byte("R$"))
	return bytes.Trim(text, " \u00a0\t"), negative
}

// shapeOf classifies a stripped number.
func shapeOf(body []byte) shape {
	commas, points, last := 0, 0, -1
	for i, b := range body {
		switch {
		case b >= '0' && b <= '9':
		case b == ',':
			commas++
			last = i
		case b == '.':
			points++
			last = i
		default:
			return notNumber
		}
	}
	switch {
	case len(body) == commas+points || len(body) == 0:
		return notNumber
	case commas+points == 0:
		return whole
	case commas > 1 && points > 1:
		return notNumber
	case commas > 0 && points > 0:
		return either(body[last] == ',', isComma, isPoint)
	case commas > 1:
		return isPoint
	case points > 1:
		return isComma
	}
	// One separator: three digits behind it and one to three before it, the first not 0, are the only doubt.
	before, after := last, len(body)-last-1
	if after == 3 && before >= 1 && before <= 3 && body[0] != '0' {
		return either(commas == 1, maybeComma, maybePoint)
	}
	return either(commas == 1, isComma, isPoint)
}

func either(first bool, a, b shape) shape {
	if first {
		return a
	}
	return b
}

// evidence is what a column's first rows say about its numbers.
type evidence struct {
	commas, points           int // cells that can be read in one way only
	maybeCommas, maybePoints int
	small, big               int // plain whole numbers below and above 1000
}

func (e *evidence) see(text []byte) {
	body, _ := strip(text)
	switch shapeOf(body) {
	case isComma:
		e.commas++
	case isPoint:
		e.points++
	case maybeComma:
		e.maybeCommas++
	case maybePoint:
		e.maybePoints++
	case whole:
		if len(body) > 3 {
			e.big++
		} else {
			e.small++
		}
	}
}

// decide gives the column's style and whether it is more than a guess. file is the style of the file's other
// columns. Without a cell that settles it: the file's style; else plain numbers of four digits or more
// beside 1.234 show that thousands are not separated, plain small ones that they are; else, where every cell has
// its separator and three digits, these are SAP's three decimals.
func (e *evidence) decide(file style) (s style, sure bool) {
	switch {
	case e.commas > 0 && e.points == 0:
		return comma, true
	case e.points > 0 && e.commas == 0:
		return point, true
	case e.commas > 0:
		return majority(e.commas, e.points), false
	case file != unknown:
		return file, true
	case e.maybeCommas == 0 && e.maybePoints == 0:
		return unknown, true
	}
	seen := majority(e.maybeCommas, e.maybePoints)
	if e.maybeCommas > 0 && e.maybePoints > 0 {
		return seen, false
	}
	if e.big == 0 && e.small > 0 {
		return seen.other(), false
	}
	return seen, false
}

func majority(commas, points int) style {
	if commas >= points {
		return comma
	}
	return point
}

// maxDigits is what a decimal holds.
const maxDigits = 19

// parse reads a number in a style, strictly: thousands in groups of three, no second reading.
func parse(text []byte, s style) (decimal.Decimal, bool) {
	body, negative := strip(text)
	var coef uint64
	digits, scale, group := 0, -1, -1
	for i, b := range body {
		switch {
		case b >= '0' && b <= '9':
			if digits++; digits > maxDigits-1 {
				return parseLong(body, negative, s)
			}
			coef = coef*10 + uint64(b-'0')
			if scale >= 0 {
				scale++
			} else if group >= 0 {
				group++
			}
		case style(b) == s && scale < 0 && (group < 0 || group == 3):
			scale = 0
		case style(b) == s.other() && scale < 0 && i > 0 && (group == 3 || group < 0 && i <= 3):
			group = 0
		default:
			return decimal.Decimal{}, false
		}
	}
	if digits == 0 || scale < 0 && group >= 0 && group != 3 {
		return decimal.Decimal{}, false
	}
	n := int64(coef)
	if negative {
		n = -n
	}
	d, err := decimal.New(n, max(scale, 0))
	return d, err == nil
}

// parseLong is the careful way for numbers of 19 digits, or with zeros that bring them there.
func parseLong(body []byte, negative bool, s style) (decimal.Decimal, bool) {
	plain := bytes.ReplaceAll(body, []byte{byte(s.other())}, nil)
	plain = bytes.Replace(plain, []byte{byte(s)}, []byte{'.'}, 1)
	if bytes.IndexByte(plain, '.') >= 0 {
		plain = bytes.TrimRight(plain, "0")
	}
	digits := bytes.TrimLeft(bytes.Replace(plain, []byte{'.'}, nil, 1), "0")
	if len(digits) > maxDigits || shapeOf(plain) == notNumber { // more would be rounded
		return decimal.Decimal{}, false
	}
	d, err := decimal.Parse(string(plain))
	if negative {
		d = d.Neg()
	}
	return d, err == nil
}
