package ops_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

func (w *world) content(a *identity.Actor, id string) string {
	w.t.Helper()
	c, err := w.open(a, id)
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Body.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(c.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw)
}

// An upload by URL: announced, sent, inspected, attached, and only then to be had.
func TestUploadByURL(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	lima, body := limited(w.person("lima", identity.Technician)), photo()
	args := w.uploadArgs(here(), body)
	up := w.must(lima, "sga_create_upload", args)
	id := text(up["document_id"])
	early := w.must(lima, "sga_get_document", object{"document_id": id})
	if early["status"] != "UPLOADING" || early["download_url"] != nil || early["content_path"] != "" {
		t.Errorf("before it came: %v", early)
	}
	if _, err := w.open(lima, id); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("it opens before it came: %v", err)
	}
	w.refused(fault.Conflict, lima, "sga_complete_upload", object{"upload_id": up["upload_id"]})
	w.send(up, body)
	if _, err := w.open(lima, id); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("it opens before it was inspected: %v", err)
	}
	w.refused(fault.InvalidArgument, lima, "sga_attach_evidence", object{"document_ids": []string{id}, "target_type": "MOVEMENT", "target_id": args["target_id"]})
	done := w.must(lima, "sga_complete_upload", object{"upload_id": up["upload_id"]})
	if done["status"] != "AVAILABLE" || done["content_type"] != "image/png" || done["sha256"] != sumOf(body) || done["download_url"] == nil {
		t.Errorf("done: %v", done)
	}
	links := done["links"].([]any)
	if len(links) != 1 || links[0].(object)["target_id"] != args["target_id"] {
		t.Errorf("it is attached to %v", links)
	}
	if got := w.content(lima, id); got != string(body) {
		t.Errorf("%d bytes", len(got))
	}
	again := w.must(lima, "sga_complete_upload", object{"upload_id": up["upload_id"]})
	if again["status"] != "AVAILABLE" {
		t.Errorf("again: %v", again)
	}
	if _, err := w.files.Head(t.Context(), document.Documents, document.UploadKey(text(up["upload_id"]))); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("the upload stays: %v", err)
	}
	w.audited(map[string]bool{"sga_create_upload ok": true, "sga_complete_upload ok": true, "sga_complete_upload replay": true, "sga_get_document ok": true})
	w.told("document_added", 1)
	w.told("document_changed", 1)
}

// told counts events of a kind.
func (w *world) told(kind string, want int) {
	w.t.Helper()
	var n int
	err := w.owner.QueryRow(w.t.Context(), `SELECT (SELECT count(*) FROM sga.outbox WHERE kind = $1) + (SELECT count(*) FROM sga.event_log WHERE kind = $1)`, kind).Scan(&n)
	if err != nil || n != want {
		w.t.Errorf("%d events %s, want %d (%v)", n, kind, want, err)
	}
}

// S-23: what another user was given is worth nothing, and says nothing.
func TestUploadHandlesAreBound(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana, bia, body := w.person("ana", identity.Logistics), w.person("bia", identity.Admin), photo()
	up := w.upload(ana, here(), body)
	id := text(up["upload_id"])
	for _, handle := range []string{id, strings.Repeat("a", 32), strings.ToUpper(id), id + "a", "", "../" + id} {
		who := bia
		if handle != id {
			who = ana
		}
		if _, err := w.ask(who, "sga_complete_upload", object{"upload_id": handle}); err == nil || fault.CodeOf(err) != fault.NotFound && handle != "" {
			t.Errorf("%q: %v", handle, err)
		}
	}
	if len(id) < 26 { // base32: 130 bits
		t.Errorf("the handle has %d characters", len(id))
	}
	w.must(ana, "sga_complete_upload", object{"upload_id": id})
}

// What does not pass is refused in words, kept as refused, and gone from the store.
func TestRefusedUploads(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana := w.person("ana", identity.Logistics)
	page := []byte("<html><script>alert(1)</script></html>")
	args := w.uploadArgs(here(), page)
	up := w.must(ana, "sga_create_upload", args)
	w.send(up, page)
	for range 2 { // the second answer is the first one
		b := w.refused(fault.InvalidArgument, ana, "sga_complete_upload", object{"upload_id": up["upload_id"]})
		if b.Field != "file" || b.Details["document_id"] != up["document_id"] || !strings.Contains(b.MessageEN, "SVG, HTML") {
			t.Errorf("refused with %+v", b)
		}
	}
	doc := w.must(ana, "sga_get_document", object{"document_id": up["document_id"]})
	if doc["status"] != "REFUSED" || doc["reason"] == "" || doc["download_url"] != nil || len(doc["links"].([]any)) != 0 {
		t.Errorf("kept as %v", doc)
	}
	if _, err := w.open(ana, text(up["document_id"])); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("it opens: %v", err)
	}
	for _, b := range document.Buckets() {
		if list, _, err := w.files.List(t.Context(), b, "", "", 10); err != nil || len(list) != 0 {
			t.Errorf("%s holds %v, %v", b, list, err)
		}
	}
	for name, change := range map[string]object{"type": {"content_type": "image/svg+xml"}, "kind": {"document_kind": "NF_PDF"}, "size": {"size": 26 << 20}, "sum": {"sha256": "xyz"},
		"no target": {"target_id": nil}, "unknown kind": {"document_kind": "VIDEO"}} {
		bad := object{}
		for k, v := range args {
			bad[k] = v
		}
		for k, v := range change {
			if bad[k] = v; v == nil {
				delete(bad, k)
			}
		}
		if _, err := w.ask(ana, "sga_create_upload", bad); fault.CodeOf(err) != fault.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An inspection that dies at any point is made again by the same call.
func TestInspectionIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana, body := w.person("ana", identity.Logistics), photo()
	up := w.upload(ana, here(), body)
	if _, err := w.db.ClaimUpload(t.Context(), text(up["upload_id"]), ana.PersonID); err != nil { // it died with the document in quarantine
		t.Fatal(err)
	}
	if doc := w.must(ana, "sga_get_document", object{"document_id": up["document_id"]}); doc["status"] != "QUARANTINED" || doc["download_url"] != nil {
		t.Errorf("in quarantine: %v", doc)
	}
	if done := w.must(ana, "sga_complete_upload", object{"upload_id": up["upload_id"]}); done["status"] != "AVAILABLE" {
		t.Errorf("then: %v", done)
	}
}

// A document is seen by who sees what it is attached to, S-21: places and projects, fiscal roles, its maker
// while it is attached to nothing, manuals by everybody.
func TestWhoSeesDocuments(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	xml := []byte(`<?xml version="1.0"?><nfeProc/>`)
	mine := func(kind, name, media string, body []byte) func(a *identity.Actor) string {
		return func(a *identity.Actor) string { return w.loose(a, kind, name, media, body) }
	}
	attached := func(at place, kind, media string, body []byte) func(a *identity.Actor) string {
		return func(a *identity.Actor) string {
			out := w.bring(ops.FileCall{Actor: a, Kind: kind, Name: "x", ContentType: media, Body: bytes.NewReader(body), TargetType: "MOVEMENT",
				TargetID: text(w.put("ISR4331", "1", at)["movement_id"])})
			return text(out["document_id"])
		}
	}
	maker := w.person("maker", identity.Logistics)
	near := func(name string, r identity.Role) *identity.Actor { return limited(w.person(name, r)) }
	for name, tt := range map[string]struct {
		make func(*identity.Actor) string
		who  *identity.Actor
		sees bool
	}{
		"in sight":                 {attached(here(), "PHOTO", "image/png", photo()), near("v", identity.Viewer), true},
		"other place":              {attached(place{"NTT", "RJ"}, "PHOTO", "image/png", photo()), near("v", identity.Viewer), false},
		"other project":            {attached(place{"ITAU", "SP-A"}, "PHOTO", "image/png", photo()), near("v", identity.Viewer), false},
		"out of sight of an admin": {attached(nowhere(), "PHOTO", "image/png", photo()), near("a", identity.Admin), false},
		"an invoice, by finance":   {attached(here(), "NF_XML", "text/xml", xml), near("f", identity.Finance), true},
		"an invoice, by a viewer":  {attached(here(), "NF_XML", "text/xml", xml), near("v", identity.Viewer), false},
		"an invoice, by operation": {attached(here(), "NF_XML", "text/xml", xml), w.person("o", identity.Operations), false},
		"loose, by its maker":      {mine("DOCUMENT", "x.txt", "text/plain", []byte("x")), maker, true},
		"loose, by somebody":       {mine("DOCUMENT", "x.txt", "text/plain", []byte("x")), w.person("s", identity.Logistics), false},
		"loose, by an admin":       {mine("DOCUMENT", "x.txt", "text/plain", []byte("x")), w.boss, true},
		"loose, by a near admin":   {mine("DOCUMENT", "x.txt", "text/plain", []byte("x")), near("a", identity.Admin), false},
		"a manual":                 {mine("MANUAL", "m.pdf", "application/pdf", []byte("%PDF-1.4")), near("v", identity.Viewer), true},
	} {
		id := tt.make(maker)
		_, err := w.ask(tt.who, "sga_get_document", object{"document_id": id})
		content, errOpen := w.open(tt.who, id)
		if errOpen == nil {
			_ = content.Body.Close()
		}
		listed := strings.Contains(string(marshal(t, w.must(tt.who, "sga_list_documents", object{}))), id)
		want := fault.Code("")
		if !tt.sees {
			want = fault.NotFound
		}
		if fault.CodeOf(err) != want || fault.CodeOf(errOpen) != want || listed != tt.sees {
			t.Errorf("%s: get %v, open %v, listed %v", name, err, errOpen, listed)
		}
	}
}

// Evidence must be there, inspected and in sight; it is attached with the movement, in its transaction.
func TestEvidenceOfMovements(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	ana := w.person("ana", identity.Logistics)
	move := func(ids ...string) object {
		o := moveArgs(w, ana, here())
		o["evidence_ids"] = ids
		return o
	}
	own, foreign := w.evidence(ana), w.evidence(w.person("bia", identity.Logistics))
	up := w.must(ana, "sga_create_upload", w.uploadArgs(here(), photo()))
	robot := *ana
	robot.Kind = identity.Agent
	before := w.rows()
	strange := map[string]string{"unknown": newID().String(), "another's": foreign, "not inspected": text(up["document_id"])}
	for name, id := range strange {
		for _, ids := range [][]string{{id}, {own, id}} {
			if b := w.refused(fault.InvalidArgument, &robot, "sga_create_movement", move(ids...)); b.Field != "evidence_ids" {
				t.Errorf("%s names %q", name, b.Field)
			}
			w.refused(fault.InvalidArgument, &robot, "sga_create_movements", object{"movements": []any{move(), move(ids...)}})
		}
	}
	if after := w.rows(); after != before {
		t.Errorf("refused movements wrote: %s, %s", before, after)
	}
	for name, id := range strange { // a person's movement stands, without what proves nothing
		out := w.must(ana, "sga_create_movement", move(id))
		if out["review"] != true || !slices.Equal(out["unknown_evidence_ids"].([]any), []any{id}) {
			t.Errorf("%s: %v", name, out)
		}
		list := w.must(ana, "sga_list_documents", object{"target_type": "MOVEMENT", "target_id": out["movement_id"]})
		if number64(list["count"]) != 0 {
			t.Errorf("%s is attached: %v", name, list)
		}
		both := w.must(ana, "sga_create_movements", object{"movements": []any{move(own), move(id)}})
		if !slices.Equal(both["unknown_evidence_ids"].([]any), []any{id}) {
			t.Errorf("%s in a batch: %v", name, both)
		}
	}
	out := w.must(ana, "sga_create_movement", move(own, own))
	if out["rule"] != "movimento" || out["review"] == true {
		t.Errorf("with evidence: %v", out)
	}
	list := w.must(limited(w.person("v", identity.Viewer)), "sga_list_documents", object{"target_type": "MOVEMENT", "target_id": out["movement_id"]})
	if items := list["items"].([]any); len(items) != 1 || items[0].(object)["document_id"] != own {
		t.Errorf("of the movement: %v", list)
	}
	waiting := adjustment(here(), "1")
	waiting["evidence_ids"] = []string{own}
	task := w.must(ana, "sga_create_movement", waiting)
	if list = w.must(w.boss, "sga_list_documents", object{"target_type": "TASK", "target_id": task["task_id"]}); number64(list["count"]) != 1 {
		t.Errorf("of the task: %v", list)
	}
	shown := w.must(w.boss, "sga_get_task", object{"task_id": task["task_id"]})
	done := w.must(w.boss, "sga_approve_task", object{"task_id": task["task_id"], "fingerprint": shown["fingerprint"]})
	id := done["results"].([]any)[0].(object)["movement_id"]
	if list = w.must(w.boss, "sga_list_documents", object{"target_type": "MOVEMENT", "target_id": id}); number64(list["count"]) != 1 {
		t.Errorf("of what was approved: %v", list)
	}
}

func TestAttachEvidence(t *testing.T) {
	t.Parallel()
	w := openWorld(t).stocked()
	ana := w.person("ana", identity.Logistics)
	serial := w.asset(here())
	asset := w.must(ana, "sga_search_assets", object{"query": serial, "search_type": "serial"})["items"].([]any)[0].(object)["asset_id"]
	for kind, id := range map[string]any{"MOVEMENT": w.put("ISR4331", "1", here())["movement_id"], "TASK": w.task(here())["task_id"], "COUNT": w.count(here()),
		"ASSET": asset, "RESERVATION": w.reservation(here())} {
		doc := w.evidence(ana)
		args := object{"document_ids": []string{doc}, "target_type": kind, "target_id": id}
		if out := w.must(ana, "sga_attach_evidence", args); number64(out["attached"]) != 1 {
			t.Errorf("%s: %v", kind, out)
		}
		if out := w.must(ana, "sga_attach_evidence", args); number64(out["attached"]) != 0 {
			t.Errorf("%s again: %v", kind, out)
		}
		far := w.person("far", identity.Logistics)
		far.Projects, far.Locations = identity.Only("ITAU"), identity.Only("RJ")
		w.refused(fault.NotFound, far, "sga_get_document", object{"document_id": doc})
		w.must(limited(w.person("v", identity.Viewer)), "sga_get_document", object{"document_id": doc})
		w.refused(fault.NotFound, ana, "sga_attach_evidence", object{"document_ids": []string{doc}, "target_type": kind, "target_id": newID().String()})
	}
	if _, err := w.owner.Exec(t.Context(), `DELETE FROM sga.document_links`); err == nil {
		t.Error("links can be deleted")
	}
}

// A document about a person is sealed, has no URL of its own, and is gone with the key (T-06).
func TestDocumentsOfPersons(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana, person := w.person("ana", identity.Logistics), w.person("zé", identity.Technician)
	body := []byte("termo de responsabilidade de Zé")
	out := w.bring(ops.FileCall{Actor: ana, Kind: "DOCUMENT", Name: "termo.txt", ContentType: "text/plain", PersonID: person.PersonID.String(), Body: bytes.NewReader(body)})
	id := text(out["document_id"])
	if out["download_url"] != nil || out["content_path"] == "" || number64(out["size"]) != int64(len(body)) {
		t.Errorf("kept as %v", out)
	}
	list, _, err := w.files.List(t.Context(), document.Documents, "", "", 10)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	r, _, err := w.files.Get(t.Context(), document.Documents, list[0].Key, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := io.ReadAll(r)
	_ = r.Close()
	if bytes.Contains(raw, []byte("responsabilidade")) {
		t.Error("it lies in the clear")
	}
	for _, who := range []*identity.Actor{ana, person, w.boss} {
		if got := w.content(who, id); got != string(body) {
			t.Errorf("%s reads %q", who.Username, got)
		}
	}
	w.refused(fault.NotFound, w.person("bia", identity.Logistics), "sga_get_document", object{"document_id": id})
	w.keys.destroy(person.PersonID)
	if _, err := w.open(ana, id); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("after the key was destroyed: %v", err)
	}
}

// Bodies that are too long, break off, or are nothing leave nothing behind.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana := w.person("ana", identity.Logistics)
	broken := fault.InvalidArgument.With("parou", "stopped")
	for name, tt := range map[string]struct {
		in   ops.FileCall
		code fault.Code
	}{
		"nothing":       {ops.FileCall{Kind: "DOCUMENT", ContentType: "text/plain", Body: strings.NewReader("")}, fault.InvalidArgument},
		"too long":      {ops.FileCall{Kind: "SIGNATURE", ContentType: "image/png", Body: io.LimitReader(zero{}, 3<<20)}, fault.InvalidArgument},
		"breaks off":    {ops.FileCall{Kind: "DOCUMENT", ContentType: "text/plain", Body: iotest.ErrReader(broken)}, fault.InvalidArgument},
		"disk full":     {ops.FileCall{Kind: "DOCUMENT", ContentType: "text/plain", Body: iotest.ErrReader(errors.New("write /tmp/x: no space left on device"))}, fault.Unavailable},
		"other sum":     {ops.FileCall{Kind: "DOCUMENT", ContentType: "text/plain", SHA256: strings.Repeat("0", 64), Body: strings.NewReader("x")}, fault.InvalidArgument},
		"no kind":       {ops.FileCall{ContentType: "text/plain", Body: strings.NewReader("x")}, fault.InvalidArgument},
		"no person":     {ops.FileCall{Kind: "DOCUMENT", ContentType: "text/plain", PersonID: "zé", Body: strings.NewReader("x")}, fault.InvalidArgument},
		"unseen target": {ops.FileCall{Kind: "DOCUMENT", ContentType: "text/plain", TargetType: "TASK", TargetID: newID().String(), Body: strings.NewReader("x")}, fault.NotFound},
	} {
		tt.in.Actor, tt.in.Door = ana, "test"
		_, err := w.reg.ReceiveDocument(t.Context(), tt.in)
		if fault.CodeOf(err) != tt.code || strings.Contains(fault.Of(err).Wire().MessageEN, "/tmp") {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.refusedFile(fault.PermissionDenied, w.person("v", identity.Viewer))
	w.refusedFile(fault.Unauthenticated, nil)
	if list, _, err := w.files.List(t.Context(), document.Documents, "", "", 10); err != nil || len(list) != 0 {
		t.Errorf("left: %v, %v", list, err)
	}
	w.audited(map[string]bool{"sga_create_upload invalid_argument": true, "sga_create_upload permission_denied": true})
}

func (w *world) refusedFile(want fault.Code, a *identity.Actor) {
	w.t.Helper()
	if _, err := w.reg.ReceiveDocument(w.t.Context(), ops.FileCall{Actor: a, Door: "test", Kind: "DOCUMENT", ContentType: "text/plain", Body: strings.NewReader("x")}); fault.CodeOf(err) != want {
		w.t.Errorf("got %v, want %s", err, want)
	}
	if _, err := w.reg.OpenDocument(context.WithoutCancel(w.t.Context()), ops.Invocation{Actor: nil, Door: "test"}, uuid.New()); fault.CodeOf(err) != fault.Unauthenticated {
		w.t.Errorf("opened by nobody: %v", err)
	}
}

// The list is paged and filtered, the newest first.
func TestListDocuments(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana := w.person("ana", identity.Logistics)
	var ids []string
	for range 5 {
		ids = append([]string{w.evidence(ana)}, ids...)
	}
	w.loose(ana, "MANUAL", "m.pdf", "application/pdf", []byte("%PDF-1.4"))
	var got []string
	for cursor := any(nil); ; {
		args := object{"document_kind": "DOCUMENT", "limit": 2, "status": "AVAILABLE"}
		if cursor != nil {
			args["cursor"] = cursor
		}
		page := w.must(ana, "sga_list_documents", args)
		for _, it := range page["items"].([]any) {
			got = append(got, text(it.(object)["document_id"]))
		}
		if cursor = page["next_cursor"]; cursor == nil {
			break
		}
	}
	if strings.Join(got, " ") != strings.Join(ids, " ") {
		t.Errorf("got %v, want %v", got, ids)
	}
	for name, args := range map[string]object{"refused": {"status": "REFUSED"}, "tomorrow": {"start_date": "2099-01-01"}, "long ago": {"end_date": "2001-01-01"}} {
		if out := w.must(ana, "sga_list_documents", args); number64(out["count"]) != 0 {
			t.Errorf("%s: %v", name, out)
		}
	}
	w.refused(fault.InvalidArgument, ana, "sga_list_documents", object{"target_type": "MOVEMENT"})
}

// A content can be read from anywhere.
func TestContentSeeks(t *testing.T) {
	t.Parallel()
	w := openWorld(t)
	ana := w.person("ana", identity.Logistics)
	c, err := w.open(ana, w.loose(ana, "DOCUMENT", "x.txt", "text/plain", []byte("0123456789")))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Body.Close() //nolint:errcheck // only read
	if err := iotest.TestReader(c.Body, []byte("0123456789")); err != nil {
		t.Error(err)
	}
	if _, err := c.Body.Seek(11, io.SeekStart); err == nil {
		if n, err := c.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("beyond the end: %d, %v", n, err)
		}
	}
	if raw, err := json.Marshal(c.Document.Kind); err != nil || string(raw) != `"DOCUMENT"` {
		t.Errorf("%s, %v", raw, err)
	}
}
