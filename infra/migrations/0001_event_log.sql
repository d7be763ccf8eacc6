-- Two logs of one shape, and beside them the claims and the idempotency keys. Everything belongs to the owner's
-- role; the application's role reads schema es and changes it through functions alone.

CREATE SCHEMA IF NOT EXISTS es;
CREATE SCHEMA IF NOT EXISTS rm;
CREATE SCHEMA IF NOT EXISTS ops;

GRANT USAGE ON SCHEMA es TO :app_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA es GRANT SELECT ON TABLES TO :app_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA es GRANT SELECT ON SEQUENCES TO :app_role;

-- The application makes tables of its own in rm and ops. It owns neither the schemas nor what migrations put
-- there, and it gets no TRIGGER privilege: the append functions write ops.idempotency as the owner, and a
-- trigger made by the application would then run as the owner too.
GRANT USAGE, CREATE ON SCHEMA rm, ops TO :app_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA rm, ops GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO :app_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA rm, ops GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO :app_role;

-- The day of a telemetry stream, which is how its name ends (..._<yyyymmdd>); null for any other name.
CREATE FUNCTION es.stream_day(stream text) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN stream ~ '_[0-9]{8}$' THEN make_date(
  substr(right(stream, 8), 1, 4)::int, substr(right(stream, 8), 5, 2)::int, substr(right(stream, 8), 7, 2)::int) END;

-- An instant as the API spells it: ISO 8601, UTC, exactly three decimals, whatever the session's time zone is.
CREATE FUNCTION es.iso(instant timestamptz) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN to_char(instant AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

CREATE FUNCTION es.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  RAISE EXCEPTION '%.% is append-only: % is refused', tg_table_schema, tg_table_name, tg_op
    USING ERRCODE = 'insufficient_privilege';
END $body$;

-- Statement-level, so that a change which finds no row is refused as well and inserts cost nothing; ALWAYS, so
-- that session_replication_role = replica does not switch it off. A statement addressed to a partition fires the
-- partition's own triggers only: each partition is passed to this function too.
CREATE FUNCTION es.make_append_only(log_table regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s '
    'FOR EACH STATEMENT EXECUTE FUNCTION es.refuse_change()', log_table);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only', log_table);
END $body$;

-- Both logs come from this one text. The record is one table; telemetry has its day in every key, because a
-- partition key must be part of each.
DO $migration$
DECLARE
  template constant text := $template$
    CREATE TABLE {table} (
      position       bigint NOT NULL,
      occurred_at    timestamptz(3) NOT NULL,
      recorded_at    timestamptz(3) NOT NULL,
      event_id       uuid NOT NULL,
      version        integer NOT NULL,
      schema_version integer NOT NULL,
      {day_column}
      tenant_id      text COLLATE "C" NOT NULL,
      stream         text COLLATE "C" NOT NULL,
      type           text COLLATE "C" NOT NULL,
      -- json, not jsonb: the text is kept byte for byte, and it is its own canonical form.
      actor          json NOT NULL,
      data           json NOT NULL,
      meta           json NOT NULL,
      PRIMARY KEY (position {day_key}),
      UNIQUE (stream, version {day_key})
    ) {partitioning};

    CREATE INDEX ON {table} (tenant_id, position);
    SELECT es.make_append_only('{table}');

    -- The event as one line of RFC 8785 canonical JSON: what an export writes and what a leaf of the
    -- transparency log hashes. The three json texts are canonical as they are stored.
    CREATE FUNCTION es.event_line(e {table}) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format('{"actor":%s,"data":%s,"id":"%s","meta":%s,"occurredAt":"%s","position":"%s","recordedAt":"%s",'
      '"schemaVersion":%s,"stream":%s,"tenant":%s,"type":%s,"version":%s}', (e).actor, (e).data, (e).event_id,
      (e).meta, es.iso((e).occurred_at), (e).position, es.iso((e).recorded_at), (e).schema_version,
      to_json((e).stream), to_json((e).tenant_id), to_json((e).type), (e).version);

    -- The greatest position recorded at or before the instant, 0 if there is none. recorded_at never falls as
    -- positions rise, so a binary search over the primary key finds it.
    CREATE FUNCTION es.position_at_{log}(instant timestamptz) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $body$
    DECLARE
      low    bigint := 0;
      high   bigint := coalesce((SELECT e.position FROM {table} e ORDER BY e.position DESC LIMIT 1), 0);
      middle bigint;
      probe  record;
    BEGIN
      WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        SELECT e.position, e.recorded_at INTO probe
          FROM {table} e WHERE e.position >= middle ORDER BY e.position LIMIT 1;
        IF probe.recorded_at <= instant THEN low := probe.position; ELSE high := middle - 1; END IF;
      END LOOP;
      RETURN low;
    END $body$;
  $template$;
  log record;
BEGIN
  FOR log IN VALUES
    ('record', 'es.events', '', '', ''),
    ('telemetry', 'es.telemetry', 'day date NOT NULL,', ', day', 'PARTITION BY RANGE (day)')
  LOOP
    EXECUTE replace(replace(replace(replace(replace(template,
      '{log}', log.column1), '{table}', log.column2), '{day_column}', log.column3), '{day_key}', log.column4),
      '{partitioning}', log.column5);
  END LOOP;
END $migration$;

-- Telemetry expires, and its positions must not start again when everything has expired: its counters are
-- sequences, which no expiry empties and no transaction bloats. They are moved only under the log's lock. A
-- rolled-back append leaves a gap, which the record may not have and telemetry may.
CREATE SEQUENCE es.telemetry_position AS bigint MINVALUE 0 START 0;
-- Milliseconds since 1970 of the last recorded_at.
CREATE SEQUENCE es.telemetry_clock AS bigint MINVALUE 0 START 0;

CREATE FUNCTION es.position_at(log text, instant timestamptz) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE log WHEN 'record' THEN es.position_at_record(instant)
                WHEN 'telemetry' THEN es.position_at_telemetry(instant) END;

-- Makes the partitions from yesterday to so many days ahead and returns how many were missing. A partition is
-- made aside and attached, because CREATE TABLE ... PARTITION OF would wait for every reader of the log.
CREATE FUNCTION es.ensure_telemetry_partitions(days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  today constant date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
  made  integer := 0;
  day   date;
  name  text;
BEGIN
  IF days NOT BETWEEN 0 AND 60 THEN
    RAISE EXCEPTION 'partitions are made at most 60 days ahead, not %', days USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM set_config('lock_timeout', '4s', true), pg_advisory_xact_lock(1685217645, 3);
  FOR day IN SELECT today + n FROM generate_series(-1, days) n LOOP
    name := 'es.telemetry_' || to_char(day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    EXECUTE format('CREATE TABLE %s (LIKE es.telemetry INCLUDING ALL)', name);
    PERFORM es.make_append_only(name::regclass);
    EXECUTE format('ALTER TABLE es.telemetry ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', name, day, day + 1);
    made := made + 1;
  END LOOP;
  RETURN made;
END $body$;

SELECT es.ensure_telemetry_partitions(7);

-- What must be unique across streams, and which stream holds it. The log tells the same story; this is its index.
CREATE TABLE es.claims (
  tenant_id text COLLATE "C" NOT NULL,
  kind      text COLLATE "C" NOT NULL,
  key       text COLLATE "C" NOT NULL,
  stream    text COLLATE "C" NOT NULL,
  PRIMARY KEY (tenant_id, kind, key)
);

-- What an idempotency key led to, kept for seven days.
CREATE TABLE ops.idempotency (
  scope        text COLLATE "C" NOT NULL,
  key          text COLLATE "C" NOT NULL,
  fingerprint  text NOT NULL,
  command_id   text NOT NULL,
  stream       text NOT NULL,
  from_version integer NOT NULL,
  version      integer NOT NULL,
  position     bigint NOT NULL,
  recorded_at  timestamptz(3) NOT NULL,
  PRIMARY KEY (scope, key)
);
-- Rows arrive in the order of their time, so the purge finds the old ones through a few pages of summaries.
CREATE INDEX ON ops.idempotency USING brin (recorded_at) WITH (pages_per_range = 32);

-- Deletes at most max_rows expired keys and returns how many, so that no call holds many locks for long.
CREATE FUNCTION ops.purge_idempotency(max_rows integer) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  purged integer;
BEGIN
  DELETE FROM ops.idempotency WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ops.idempotency WHERE recorded_at < clock_timestamp() - interval '7 days' LIMIT max_rows));
  GET DIAGNOSTICS purged = ROW_COUNT;
  RETURN purged;
END $body$;

-- Functions are PUBLIC's by default. Triggers need no EXECUTE, and es.make_append_only is the owner's.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA es, ops FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.stream_day, es.iso, es.event_line(es.events), es.event_line(es.telemetry),
  es.position_at, es.position_at_record, es.position_at_telemetry, es.ensure_telemetry_partitions,
  ops.purge_idempotency TO :app_role;
