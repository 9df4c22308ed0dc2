-- +goose Up
-- Documents: what is known of files whose bytes are objects, and what they are attached to.

CREATE TABLE sga.documents (
    document_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('NF_XML', 'NF_PDF', 'PHOTO', 'SIGNATURE', 'DOCUMENT', 'MANUAL', 'SPREADSHEET', 'EXPORT', 'OTHER')),
    file_name text NOT NULL CHECK (length(file_name) BETWEEN 1 AND 200),
    declared_type text NOT NULL,
    content_type text NOT NULL DEFAULT '',        -- as inspection found it
    size bigint NOT NULL CHECK (size > 0),        -- bytes of what people send and get; a sealed object is longer
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bucket text NOT NULL DEFAULT '',
    object_key text NOT NULL DEFAULT '',          -- made by the program; empty until the document is available
    upload_handle text UNIQUE,                    -- null: its bytes came with the call
    meant_type text,                              -- what it is attached to once it has passed
    meant_id uuid,
    status text NOT NULL CHECK (status IN ('UPLOADING', 'QUARANTINED', 'AVAILABLE', 'REFUSED')),
    reason text NOT NULL DEFAULT '',              -- of a refusal
    reason_en text NOT NULL DEFAULT '',
    person_id uuid,                               -- whom it is about: its object is sealed with that person's key
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    inspected_at timestamptz,
    version bigint NOT NULL DEFAULT 1,
    CHECK (status <> 'AVAILABLE' OR object_key <> '' AND content_type <> '' AND inspected_at IS NOT NULL),
    CHECK ((meant_type IS NULL) = (meant_id IS NULL))
);
CREATE INDEX documents_made ON sga.documents (created_by, document_id DESC);
CREATE INDEX documents_unsettled ON sga.documents (created_at) WHERE status IN ('UPLOADING', 'QUARANTINED');

-- Whom a document may be shown to is asked of what it is attached to, when it is asked: goods move, and so does the answer.
CREATE TABLE sga.document_links (
    document_id uuid NOT NULL REFERENCES sga.documents,
    target_type text NOT NULL CHECK (target_type IN ('MOVEMENT', 'TASK', 'COUNT', 'ASSET', 'RESERVATION')),
    target_id uuid NOT NULL,
    attached_by uuid NOT NULL,
    attached_at timestamptz NOT NULL,
    PRIMARY KEY (document_id, target_type, target_id)
);
CREATE INDEX document_links_target ON sga.document_links (target_type, target_id, document_id DESC);
CREATE TRIGGER document_links_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sga.document_links
    FOR EACH STATEMENT EXECUTE FUNCTION sga.refuse_change();
CREATE TRIGGER documents_count_change BEFORE UPDATE ON sga.documents FOR EACH ROW EXECUTE FUNCTION sga.count_change();

GRANT SELECT ON sga.documents, sga.document_links TO nexo_writer, nexo_reader;
GRANT INSERT, UPDATE ON sga.documents TO nexo_writer;
GRANT INSERT ON sga.document_links TO nexo_writer;
