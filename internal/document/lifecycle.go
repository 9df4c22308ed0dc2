package document

import "strings"

// StorageClass is where S3 keeps an object that is seldom read.
type StorageClass string

// The classes that our rules use.
const (
	InfrequentAccess StorageClass = "STANDARD_IA"
	Glacier          StorageClass = "GLACIER"
	DeepArchive      StorageClass = "DEEP_ARCHIVE"
)

// Transition moves objects of an age to another class. On one machine there is one class only.
type Transition struct {
	Days  int
	Class StorageClass
}

// Rule is one line of a bucket's lifecycle. Days count from the day an object was stored; 0 is never.
type Rule struct {
	ID          string // as Terraform names it
	Bucket      Bucket
	Prefix      string
	Tag         [2]string // key and value that an object must have; empty for every object
	Transitions []Transition
	ExpireDays  int
	// AbortDays ends uploads in parts that nobody completed, NoncurrentDays versions that were overwritten.
	AbortDays, NoncurrentDays int
}

// Expires reports whether the rule removes an object, once it is old enough.
func (r *Rule) Expires(o *Object) bool {
	return r.ExpireDays > 0 && strings.HasPrefix(o.Key, r.Prefix) && (r.Tag[0] == "" || o.Tags[r.Tag[0]] == r.Tag[1])
}

// Tags that rules look for.
const (
	TagType    = "type"
	TypeExport = "export"
)

// Prefixes of keys in the documents bucket; every key of a document begins with one of them.
const (
	PrefixInvoices    = "notas-fiscais/"
	PrefixEvidence    = "evidences/"
	PrefixInventories = "inventories/"
	PrefixUploads     = "temp/uploads/"
	PrefixManuals     = "manuals/" // in the equipment bucket
)

// Lifecycle is every rule of every bucket, once: Terraform is tested against it, and Sweep applies it where
// there is no S3. The infrastructure document, §5, gives the buckets; the numbers are those of today's.
func Lifecycle() []Rule {
	return []Rule{
		{ID: "temp", Bucket: Documents, Prefix: "temp/", ExpireDays: 1},
		{ID: "notas-fiscais", Bucket: Documents, Prefix: PrefixInvoices, Transitions: []Transition{{90, InfrequentAccess}, {730, Glacier}}},
		{ID: "evidences", Bucket: Documents, Prefix: PrefixEvidence, Transitions: []Transition{{180, InfrequentAccess}, {730, Glacier}, {1825, DeepArchive}}},
		{ID: "inventory-exports", Bucket: Documents, Prefix: PrefixInventories, Tag: [2]string{TagType, TypeExport}, ExpireDays: 90},
		{ID: "leftovers", Bucket: Documents, AbortDays: 7, NoncurrentDays: 365},

		{ID: "research-logs", Bucket: EquipmentDocs, Prefix: "research-logs/", ExpireDays: 90},
		{ID: "manuals", Bucket: EquipmentDocs, Prefix: PrefixManuals, Transitions: []Transition{{180, InfrequentAccess}}},
		{ID: "datasheets", Bucket: EquipmentDocs, Prefix: "datasheets/", Transitions: []Transition{{180, InfrequentAccess}}},
		{ID: "leftovers", Bucket: EquipmentDocs, AbortDays: 3, NoncurrentDays: 180},

		{ID: "audio", Bucket: AcademyAudio, Prefix: "audio/", ExpireDays: 1},
		{ID: "slides", Bucket: AcademySlides, ExpireDays: 30},
		{ID: "generated", Bucket: AcademyVideos, Prefix: "generated/", ExpireDays: 30},
		{ID: "temp", Bucket: AcademyVideos, Prefix: "temp/", ExpireDays: 1},

		{ID: "temp", Bucket: Trainings, Prefix: "temp/", ExpireDays: 1},
		{ID: "leftovers", Bucket: Trainings, AbortDays: 7, NoncurrentDays: 30},
	}
}
