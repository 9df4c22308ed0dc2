package cli

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/faiston/nexo/internal/fault"
)

// helpAsked recognises nexo, nexo help [VERB], nexo -h, nexo VERB --help.
func helpAsked(args []string) (asked bool, verb string) {
	if len(args) == 0 {
		return true, ""
	}
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	isFlag := func(s string) bool { return s == "--help" || s == "-h" }
	if len(args) > 0 && args[0] == "help" {
		return true, strings.Join(args[1:], " ")
	}
	if slices.ContainsFunc(args, isFlag) {
		rest := slices.DeleteFunc(slices.Clone(args), func(s string) bool { return strings.HasPrefix(s, "-") })
		if len(rest) > 0 {
			return true, rest[0]
		}
		return true, ""
	}
	return false, ""
}

// help prints the whole program, or one verb with its flags.
func (s *session) help(model *kong.Application, verb string) error {
	if verb != "" {
		return s.helpVerb(model, verb)
	}
	s.printf(s.Out, "nexo VERBO [opções] · nexo VERB [flags]\n\n")
	for _, v := range verbs() {
		s.printf(s.Out, "  %s\n      %s\n      %s\n      $ %s\n", v.usage, v.pt, v.en, v.example)
	}
	s.printf(s.Out, "\nOpções de todos os verbos · Flags of every verb\n")
	s.flags(model.Flags)
	s.printf(s.Out, "\nCódigos de saída · Exit codes: 0 feito · done, 1 falhou · failed, 2 uso incorreto · wrong usage\n")
	return nil
}

func (s *session) helpVerb(model *kong.Application, verb string) error {
	v := verbText(verb)
	if v.name == "" {
		return &usage{cause: fault.InvalidArgument.With("Verbo desconhecido: %s.", "Unknown verb: %s.", verb)}
	}
	s.printf(s.Out, "nexo %s\n\n%s\n%s\n\n  $ %s\n", v.usage, v.pt, v.en, v.example)
	for _, node := range model.Children {
		if node.Name == v.name && len(node.Flags) > 0 {
			s.printf(s.Out, "\nOpções · Flags\n")
			s.flags(node.Flags)
		}
	}
	s.printf(s.Out, "\nOpções de todos os verbos · Flags of every verb\n")
	s.flags(model.Flags)
	return nil
}

func (s *session) flags(flags []*kong.Flag) {
	for _, f := range flags {
		name := "--" + f.Name
		if !f.IsBool() {
			name += "=" + f.FormatPlaceHolder()
		}
		s.printf(s.Out, "  %-28s %s (%s)\n", name, f.Help, envName(f.Name))
	}
}
