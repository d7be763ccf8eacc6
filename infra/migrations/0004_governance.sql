-- Counters that rules ask for, and what reactors and timers remember: how far they have come, who works, and what
-- has to be tried again. All of it is the application's own; none of it is told again by the log.

-- How much was counted under a key. Windows of time are part of the key, so a row whose time is over is never asked
-- for again. There is room on the page for the versions of a row that is raised all the time.
CREATE TABLE ops.counters (
  tenant_id text COLLATE "C" NOT NULL,
  key       text COLLATE "C" NOT NULL,
  value     bigint NOT NULL,
  until     timestamptz(3) NOT NULL,
  PRIMARY KEY (tenant_id, key)
) WITH (fillfactor = 50);
CREATE INDEX counters_until ON ops.counters (until);

-- What a command was answered, so that it counts once however often it is decided or sent.
CREATE TABLE ops.counted (
  tenant_id  text COLLATE "C" NOT NULL,
  command_id uuid NOT NULL,
  key        text COLLATE "C" NOT NULL,
  value      bigint NOT NULL,
  until      timestamptz(3) NOT NULL,
  PRIMARY KEY (tenant_id, command_id, key)
);
CREATE INDEX counted_until ON ops.counted (until);

-- Counts for many commands at once and answers, in their order, the value that each of them has brought its counter
-- to. Whoever was counted before gets the value of then. Counters are locked in the order of their names, whoever
-- asks, so two calls never wait for each other.
CREATE FUNCTION ops.count(p_tenant text[], p_command text[], p_key text[], p_amount bigint[], p_until text[])
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $body$
DECLARE
  wanted   bigint;
  noted    bigint;
  answered bigint[];
BEGIN
  -- Nobody waits for the disk: a crash may forget what was counted within the last second, together with what was
  -- answered for it, because both are of one transaction; it never counts anything twice. The append of a decision
  -- that was taken on these values waits for the disk, and so does for them what this call does not.
  PERFORM set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '4s', true);
  IF current_setting('server_version_num')::integer >= 170000 THEN
    PERFORM set_config('transaction_timeout', '30s', true);
  END IF;

  WITH asked AS (
    SELECT DISTINCT ON (a.tenant_id, a.command_id, a.key)
           a.item, a.tenant_id, a.command_id::uuid AS command_id, a.key, a.amount, a.until::timestamptz AS until
      FROM unnest(p_tenant, p_command, p_key, p_amount, p_until)
           WITH ORDINALITY AS a (tenant_id, command_id, key, amount, until, item)
     ORDER BY a.tenant_id, a.command_id, a.key, a.item
  ), fresh AS MATERIALIZED (
    SELECT a.*, sum(a.amount) OVER (PARTITION BY a.tenant_id, a.key ORDER BY a.item) AS so_far,
           sum(a.amount) OVER (PARTITION BY a.tenant_id, a.key) AS in_all
      FROM asked a
      LEFT JOIN LATERAL (SELECT true AS found FROM ops.counted c WHERE c.tenant_id = a.tenant_id
                            AND c.command_id = a.command_id AND c.key = a.key LIMIT 1) c ON true
     WHERE c.found IS NULL
  ), raised AS (
    INSERT INTO ops.counters AS c (tenant_id, key, value, until)
    SELECT f.tenant_id, f.key, sum(f.amount), max(f.until)
      FROM fresh f GROUP BY f.tenant_id, f.key ORDER BY f.tenant_id COLLATE "C", f.key COLLATE "C"
    ON CONFLICT (tenant_id, key) DO UPDATE
       SET value = c.value + excluded.value, until = greatest(c.until, excluded.until)
    RETURNING c.tenant_id, c.key, c.value
  ), notes AS (
    INSERT INTO ops.counted (tenant_id, command_id, key, value, until)
    SELECT f.tenant_id, f.command_id, f.key, r.value - f.in_all + f.so_far, f.until
      FROM fresh f JOIN raised r ON r.tenant_id = f.tenant_id AND r.key = f.key
    ON CONFLICT DO NOTHING
    RETURNING true
  )
  SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM notes) INTO wanted, noted;

  answered := ARRAY(
    SELECT c.value
      FROM unnest(p_tenant, p_command, p_key) WITH ORDINALITY AS a (tenant_id, command_id, key, item)
      LEFT JOIN LATERAL (SELECT c.value FROM ops.counted c WHERE c.tenant_id = a.tenant_id
                            AND c.command_id = a.command_id::uuid AND c.key = a.key LIMIT 1) c ON true
     ORDER BY a.item);
  -- The same command was counted elsewhere while this call waited for its counter, or its time is over and it was
  -- purged. Nothing of this call stands; the next one sees what is there.
  IF noted <> wanted OR array_position(answered, null) IS NOT NULL THEN
    RAISE EXCEPTION 'a command was counted elsewhere meanwhile' USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN answered;
END $body$;

-- Deletes at most max_rows rows whose time is over and returns how many. What is locked is counted just now and left
-- to the next call, so this waits for nobody.
CREATE FUNCTION ops.purge_counters(max_rows integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $body$
DECLARE
  purged   integer;
  counters integer;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  DELETE FROM ops.counted WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ops.counted WHERE until < now()
     ORDER BY until LIMIT max_rows FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS purged = ROW_COUNT;
  DELETE FROM ops.counters WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ops.counters WHERE until < now()
     ORDER BY until LIMIT max_rows - purged FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS counters = ROW_COUNT;
  RETURN purged + counters;
END $body$;

-- How far a reactor has come in the record, and who works for it. The token rises with every new holder: only the
-- present one moves the position, also if a former one wakes up and believes that it still is.
CREATE TABLE ops.reactors (
  name        text COLLATE "C" PRIMARY KEY,
  position    bigint NOT NULL DEFAULT 0,
  holder      text,
  token       bigint NOT NULL DEFAULT 0,
  lease_until timestamptz(3)
) WITH (fillfactor = 50);

-- Reactions that failed by a defect. The others went on; these are tried again when their time has come.
CREATE TABLE ops.set_aside (
  reactor      text COLLATE "C" NOT NULL,
  position     bigint NOT NULL,
  event_id     text COLLATE "C" NOT NULL,
  tenant_id    text COLLATE "C" NOT NULL,
  stream       text COLLATE "C" NOT NULL,
  type         text COLLATE "C" NOT NULL,
  cause        text NOT NULL,
  attempts     integer NOT NULL DEFAULT 0,
  next_at      timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  set_aside_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (reactor, position)
);
CREATE INDEX set_aside_due ON ops.set_aside (next_at);

-- Who does what one process does for all, such as sending what timers ask for.
CREATE TABLE ops.leases (
  name        text COLLATE "C" PRIMARY KEY,
  holder      text,
  token       bigint NOT NULL DEFAULT 0,
  lease_until timestamptz(3)
) WITH (fillfactor = 50);

-- What reactors and timers have sent is kept for ever: an event may be delivered again after any time. Summaries of
-- pages (brin) would not tell these rows from those that expire, and the purge would read all of them every time;
-- rows that do not expire have no place in this index. The purge asks for now(), which is one instant for all of a
-- statement, because no index is asked for a clock that runs on.
DROP INDEX ops.idempotency_recorded_at_idx;
CREATE INDEX idempotency_expiring ON ops.idempotency (recorded_at)
  WHERE scope NOT LIKE '% reactor:%' AND scope NOT LIKE '% timer:%';

CREATE OR REPLACE FUNCTION ops.purge_idempotency(max_rows integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off AS $body$
DECLARE
  purged integer;
BEGIN
  DELETE FROM ops.idempotency WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ops.idempotency
     WHERE recorded_at < now() - interval '7 days'
       AND scope NOT LIKE '% reactor:%' AND scope NOT LIKE '% timer:%' ORDER BY recorded_at LIMIT max_rows));
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN purged;
END $body$;

REVOKE ALL ON FUNCTION ops.count, ops.purge_counters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.count, ops.purge_counters TO :app_role;
