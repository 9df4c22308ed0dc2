-- +goose Up
-- The number of approvals is the database's rule, too: a program of the version before knows no votes and would approve
-- alone what takes two. A vote counts when it is of another person, not void, and for the effect that is approved. Whoever
-- approves last has a vote like the others, stored before the decision.

-- +goose StatementBegin
CREATE FUNCTION sga.refuse_lone_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    votes bigint;
BEGIN
    SELECT count(DISTINCT v.person_id) INTO votes FROM sga.task_votes v
    WHERE v.task_id = NEW.task_id AND v.voided_at IS NULL AND v.fingerprint = NEW.fingerprint AND v.person_id <> NEW.proposed_by;
    IF votes < NEW.approvals_needed THEN
        RAISE EXCEPTION 'task % needs % approvals and has %', NEW.task_id, NEW.approvals_needed, votes USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER tasks_quorum BEFORE UPDATE ON sga.tasks FOR EACH ROW
    WHEN (NEW.status = 'APPROVED' AND OLD.status IN ('PENDING', 'IN_PROGRESS') AND NEW.approvals_needed > 1)
    EXECUTE FUNCTION sga.refuse_lone_approval();
