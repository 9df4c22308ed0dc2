package pglocal

// Note is one sentence in both languages.
type Note struct{ PT, EN string }

// Step is a slow part of a start, told to Options.OnProgress.
type Step string

// The steps of a start; a warm start has only StepStart.
const (
	StepFetch  Step = "fetch"  // download of the binaries, about 23 MB
	StepCopy   Step = "copy"   // private copy of the system's binaries
	StepInit   Step = "initdb" // a new cluster, about a second
	StepStart  Step = "start"  // start, with recovery after a crash
	StepShared Step = "shared" // waiting for another process that fetches the binaries
)

// Note is the step as a sentence.
func (s Step) Note() Note {
	switch s {
	case StepFetch:
		return Note{"Baixando o PostgreSQL 15 (23 MB, só na primeira vez)…", "Fetching PostgreSQL 15 (23 MB, the first time only)…"}
	case StepCopy:
		return Note{"Copiando o PostgreSQL 15 do sistema…", "Copying the system's PostgreSQL 15…"}
	case StepInit:
		return Note{"Criando o banco de dados local…", "Creating the local database…"}
	case StepShared:
		return Note{"Outro processo está preparando o PostgreSQL…", "Another process is preparing PostgreSQL…"}
	}
	return Note{"Iniciando o PostgreSQL…", "Starting PostgreSQL…"}
}

// Event is something that happened to an open cluster, told to Options.OnEvent.
type Event struct {
	Kind EventKind
	Err  error // why, for the log; may be nil
}

// EventKind says what happened.
type EventKind string

// The kinds of Event. Connections are lost at Down and Upgraded; pools reconnect after Up.
const (
	Down     EventKind = "down"     // the server ended, though nobody asked for it
	Up       EventKind = "up"       // it answers again
	Failed   EventKind = "failed"   // an attempt to start it failed; more follow
	Upgraded EventKind = "upgraded" // the system's binaries changed under it: it is restarted
	TookOver EventKind = "tookover" // the owner is gone; this process owns the server now
)

func (c *Cluster) emit(k EventKind, err error) {
	if c.opts.OnEvent != nil {
		c.opts.OnEvent(Event{k, err})
	}
}
