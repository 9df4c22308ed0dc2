package document

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
)

const (
	// longestName in characters of a file's name: longer ones do not fit the dialogs that show them.
	longestName = 120
	// longestEnding in characters of what follows the last dot, kept when a name is cut.
	longestEnding = 10
	// NamelessFile is what a file is called that came without a name.
	NamelessFile = "documento"
)

// SafeName is a file's name as it may be shown and saved (S-11): without folders, control characters and
// marks that turn the direction of writing, and never a device of Windows.
func SafeName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		case strings.ContainsRune(`<>:"|?*;%`, r): // Windows refuses these, headers and shells give them meaning
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	name = cutName(name)
	if name == "" {
		return NamelessFile
	}
	if Reserved(name) {
		return "_" + name
	}
	return name
}

func cutName(name string) string {
	letters := []rune(name)
	if len(letters) <= longestName {
		return name
	}
	ending := []rune{}
	if i := slices.Index(letters[len(letters)-longestEnding-1:], '.'); i >= 0 {
		ending = letters[len(letters)-longestEnding-1+i:]
	}
	return strings.TrimRight(string(letters[:longestName-len(ending)]), ". ") + string(ending)
}

// Reserved reports whether Windows takes a name for a device, whatever follows its first dot.
func Reserved(name string) bool {
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	base = strings.TrimSpace(base)
	if slices.Contains([]string{"CON", "PRN", "AUX", "NUL"}, base) {
		return true
	}
	return len(base) == 4 && (strings.HasPrefix(base, "COM") || strings.HasPrefix(base, "LPT")) && base[3] >= '0' && base[3] <= '9'
}

// Attachment is the Content-Disposition (RFC 6266) under which a browser saves a file and never shows it.
func Attachment(name string) string {
	name = SafeName(name)
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	return `attachment; filename="` + plain + `"; filename*=UTF-8''` + strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
}
