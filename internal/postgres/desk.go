package postgres

type desk struct{ db *DB }

func newDesk(db *DB) *desk { return &desk{db} }
func (d *desk) close()     {}

type auditor struct{ db *DB }

func newAuditor(db *DB) *auditor { return &auditor{db} }
func (a *auditor) close()        {}
