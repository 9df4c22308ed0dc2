package sheet

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// significant is how many digits a spreadsheet number really has: cells are IEEE doubles, and what is written
// beyond 15 digits (846.9100000000001) is noise of their binary form, which Excel hides too.
const significant = 15

// canonical gives a number of a spreadsheet as a plain decimal.
func canonical(raw []byte) ([]byte, bool) {
	raw = bytes.TrimSpace(raw)
	digits, simple := 0, len(raw) > 0
	for i, b := range raw {
		switch {
		case b >= '0' && b <= '9':
			digits++
		case b == '-' && i == 0, b == '.':
		default:
			simple = false
		}
	}
	if simple && digits > 0 && digits <= significant && bytes.Count(raw, []byte{'.'}) <= 1 {
		return raw, true
	}
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, false
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', significant, 64), 64)
	if err != nil {
		return nil, false
	}
	return strconv.AppendFloat(nil, rounded, 'f', -1, 64), true
}

// lastSerial is 9999-12-31, the last day that Excel has.
const lastSerial = 2_958_466

// dayOf turns a serial number into a date. Day 60 of the 1900 system is 1900-02-29, which never was; it and the
// days before it are off by one in Excel, too early for any stock.
func dayOf(number []byte, from1904 bool) ([]byte, bool) {
	f, err := strconv.ParseFloat(string(number), 64)
	if err != nil || f < 0 || f >= lastSerial {
		return nil, false
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	days, part := math.Modf(f)
	t := epoch.AddDate(0, 0, int(days)).Add(time.Duration(math.Round(part*86400)) * time.Second)
	if part == 0 {
		return t.AppendFormat(nil, time.DateOnly), true
	}
	return t.AppendFormat(nil, "2006-01-02T15:04:05"), true
}
