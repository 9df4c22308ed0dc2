package reconcile

import (
	"bytes"

	"github.com/faiston/nexo/internal/fault"
)

// MaxCodes bounds the join list: SAP keeps a few hundred thousand materials at the very most, and the
// list is held in memory.
const MaxCodes = 2_000_000

// Codes joins the material codes of SAP or of a supplier to our part numbers. Several materials may be
// one part; one material never is two parts.
type Codes struct {
	parts     map[string]string
	materials map[string]string
	ambiguous map[string]bool
}

// NewCodes makes an empty list.
func NewCodes() *Codes {
	return &Codes{parts: map[string]string{}, materials: map[string]string{}, ambiguous: map[string]bool{}}
}

// Add says that material is part. A material that is already another part belongs to neither from then on,
// since either guess would move stock between parts: its rows keep the material code, and Ambiguous counts it.
func (c *Codes) Add(material, part string) error {
	key := string(Material([]byte(material)))
	if key == "" || part == "" || c.ambiguous[key] {
		return nil
	}
	old, known := c.parts[key]
	if known && old != part {
		delete(c.parts, key)
		if c.materials[old] == key {
			delete(c.materials, old)
		}
		c.ambiguous[key] = true
		return nil
	}
	if len(c.parts) >= MaxCodes {
		return fault.InvalidArgument.With("A lista de materiais passa de %d códigos.", "The list of materials has more than %d codes.", MaxCodes)
	}
	c.parts[key] = part
	if _, known := c.materials[part]; !known {
		c.materials[part] = key
	}
	return nil
}

// Ambiguous is how many materials were claimed by more than one part.
func (c *Codes) Ambiguous() int {
	if c == nil {
		return 0
	}
	return len(c.ambiguous)
}

// part gives the part number of a material, or the material itself when none is known.
func (c *Codes) part(material []byte) []byte {
	material = Material(material)
	if c != nil {
		if p, ok := c.parts[string(material)]; ok {
			return []byte(p)
		}
	}
	return material
}

// material gives a material of the part; the part's own code when it came in as a material; "" when unknown.
func (c *Codes) material(part string, theirs bool) string {
	if c == nil {
		return ""
	}
	if m, ok := c.materials[part]; ok {
		return m
	}
	if theirs {
		return part
	}
	return ""
}

// Material is a material code in the form that people see: SAP stores all-digit codes padded with zeros
// to 18 or 40 places (conversion exit ALPHA/MATN1) and some exports show them so.
func Material(code []byte) []byte {
	code = bytes.TrimSpace(code)
	for _, b := range code {
		if b < '0' || b > '9' {
			return code
		}
	}
	if short := bytes.TrimLeft(code, "0"); len(short) > 0 {
		return short
	}
	return code
}
