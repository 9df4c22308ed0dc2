package limit

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// Kind is what is counted.
type Kind uint8

// People and agents are counted apart, so that no agent uses up its person's calls; sign-ins by the
// address that they come from.
const (
	User Kind = iota
	Agent
	Tool
	Project
	Address
	SignIn
	kinds // how many there are
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{User, Agent, Tool, Project, Address, SignIn} }

// String is the kind's name, as tables and configuration have it.
func (k Kind) String() string {
	return [...]string{"user", "agent", "tool", "project", "address", "sign_in"}[k]
}

// words name a kind in a sentence, in pt-BR and English.
func (k Kind) words() (pt, en string) {
	switch k {
	case User:
		return "deste usuário", "this user"
	case Agent:
		return "deste agente", "this agent"
	case Tool:
		return "desta operação", "this operation"
	case Project:
		return "deste projeto", "this project"
	}
	return "deste endereço", "this address"
}

// Rate is so many calls in a second or a minute. Without calls there is no limit.
type Rate struct {
	Calls int64
	Per   time.Duration
}

// maxCalls keeps sums of limits and chunks far from the end of an int64.
const maxCalls = 1 << 40

var errRate = errors.New("limit: a rate is N/s, N/m or off")

// ParseRate reads 100/s, 6000/m or off.
func ParseRate(s string) (Rate, error) {
	if s == "off" {
		return Rate{}, nil
	}
	count, per, _ := strings.Cut(s, "/")
	n, err := strconv.ParseInt(count, 10, 64)
	if err != nil || n < 1 || n > maxCalls || count[0] == '+' {
		return Rate{}, errRate
	}
	switch per {
	case "s":
		return Rate{n, time.Second}, nil
	case "m":
		return Rate{n, time.Minute}, nil
	}
	return Rate{}, errRate
}

// Rates has a rate for every kind.
type Rates [kinds]Rate

// Defaults are far above what a person, or a load test through one login, can do: a hundred thousand
// calls a second. They stop loops that have run away in many places at once and nothing else; an
// installation on the internet sets its own (docs/limits.md).
// Windows of a minute let a process go on for a long time before it needs a lease.
func Defaults() Rates {
	return Rates{
		User: {6_000_000, time.Minute}, Agent: {3_000_000, time.Minute}, Tool: {24_000_000, time.Minute},
		Project: {24_000_000, time.Minute}, Address: {12_000_000, time.Minute}, SignIn: {6_000, time.Minute},
	}
}

// chunk is what a process takes at a time: a tenth, so that ten processes share a limit well.
func (r Rate) chunk() int64 { return max(1, (r.Calls+chunks-1)/chunks) }

const chunks = 10
