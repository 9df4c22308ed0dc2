package ops

// declarations is the table of contents: every operation of the system, by noun.
func declarations(d *Deps) []*Operation {
	return []*Operation{}
}
