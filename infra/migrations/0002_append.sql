-- The only way into the two logs. One call is one transaction and appends a batch of items, each to a stream of
-- its own; the answer has one row per item. No two items of a batch write the same stream, claim or idempotency
-- key, and none writes a stream that another one guards: who puts a batch together sees to that.
--
-- Positions are dense and in commit order because they are taken under a lock that is held until the commit:
-- everything below the lock is a new statement and so sees all that was committed before. It is a lock and not a
-- row with the last position, because any open snapshot keeps every old version of such a row alive and makes
-- each further append slower.

CREATE TYPE es.append_result AS (
  item         integer,
  outcome      text,
  -- Of the item's stream after the append; at a conflict, the current one of the stream or of the guarded stream.
  version      integer,
  position     bigint,
  recorded_at  text,
  -- 'replayed': of the first outcome, as is its stream below.
  fingerprint  text,
  command_id   text,
  from_version integer,
  -- Conflicts: the stream that holds the claim, the guarded stream.
  stream       text,
  -- 'claim-conflict': of the claim.
  kind         text,
  key          text
);

-- What every append does before it looks at anything.
CREATE FUNCTION es.begin_append(log integer) RETURNS void
LANGUAGE plpgsql AS $body$
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'appends need isolation level read committed, not %', current_setting('transaction_isolation')
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  -- An acknowledged event is on disk, whatever the settings of the role, the database or the session say.
  PERFORM set_config('synchronous_commit', 'on', true), set_config('lock_timeout', '4s', true);
  -- A client that stops between two messages of its call would hold the lock: statement_timeout does not run then.
  IF current_setting('server_version_num')::integer >= 170000 THEN
    PERFORM set_config('transaction_timeout', '30s', true);
  END IF;
  PERFORM pg_advisory_xact_lock(1685217645, log);
END $body$;

-- Both logs come from this one text. Rows are looked up one by one (LATERAL ... LIMIT 1) through an index and with
-- generic plans: a plan made while the tables were empty must not turn into a scan of millions of rows.
DO $migration$
DECLARE
  template constant text := $template$
    CREATE FUNCTION es.append_{log}(
      -- One element per item; items are numbered from 1 in this order.
      p_tenant text[], p_stream text[], p_expected integer[], p_events integer[], p_command text[],
      -- One element per event, in the order of the items, p_events[i] of them for item i.
      p_event_item integer[], p_event_id text[], p_type text[], p_schema_version integer[],
      p_data text[], p_actor text[], p_meta text[], p_occurred_at text[],
      -- Idempotency keys, claims (op: take or release) and guards (log: record or telemetry) name their item.
      p_key_item integer[], p_scope text[], p_key text[], p_fingerprint text[],
      p_claim_item integer[], p_claim_op text[], p_claim_kind text[], p_claim_key text[],
      p_guard_item integer[], p_guard_log text[], p_guard_stream text[], p_guard_version integer[]
    ) RETURNS SETOF es.append_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    AS $body$
    DECLARE
      -- Answers found before anything is written, and the numbers of their items.
      answers          es.append_result[] := '{}';
      settled          integer[] := '{}';
      current_version  integer[];
      current_position bigint[];
      last_position    bigint;
      last_recorded    timestamptz;
      recorded         timestamptz(3);
      recorded_text    text;
      written          bigint;
    BEGIN
      PERFORM es.begin_append({lock});

      IF cardinality(p_key_item) > 0 THEN
        -- The same command under its own key is not another one's replay.
        answers := ARRAY(
          SELECT (s.item, CASE WHEN i.command_id = p_command[s.item] THEN 'appended' ELSE 'replayed' END, i.version,
                  i.position, es.iso(i.recorded_at), i.fingerprint, i.command_id, i.from_version, i.stream,
                  null, null)::es.append_result
            FROM unnest(p_key_item, p_scope, p_key) AS s (item, scope, key)
            JOIN LATERAL (SELECT * FROM ops.idempotency i
                           WHERE i.scope = s.scope AND i.key = s.key LIMIT 1) i ON true);
        settled := ARRAY(SELECT a.item FROM unnest(answers) a);
      END IF;

      SELECT array_agg(coalesce(c.version, 0) ORDER BY s.item), array_agg(coalesce(c.position, 0) ORDER BY s.item)
        INTO current_version, current_position
        FROM unnest(p_stream) WITH ORDINALITY AS s (stream, item)
        LEFT JOIN LATERAL (SELECT e.version, e.position FROM {table} e
                            WHERE e.stream = s.stream {same_day} ORDER BY e.version DESC LIMIT 1) c ON true;

      IF current_version <> p_expected THEN
        -- An append whose first event stands where it would be written has been here before.
        answers := answers || ARRAY(
          SELECT CASE WHEN l.position IS NULL
                   THEN (s.item, 'version-conflict', current_version[s.item], null, null, null, null, null, null, null,
                         null)::es.append_result
                   ELSE (s.item, 'appended', l.version, l.position, es.iso(l.recorded_at), null, null, null, null, null,
                         null)::es.append_result END
            FROM unnest(p_stream, p_expected, p_events) WITH ORDINALITY AS s (stream, expected, events, item)
            LEFT JOIN LATERAL (SELECT e.event_id FROM {table} e
                                WHERE e.stream = s.stream AND e.version = s.expected + 1 {same_day} LIMIT 1) f ON true
            LEFT JOIN LATERAL (SELECT e.version, e.position, e.recorded_at FROM {table} e
                                WHERE e.stream = s.stream AND e.version = s.expected + s.events {same_day} LIMIT 1) l
              ON f.event_id = p_event_id[array_position(p_event_item, s.item::integer)]::uuid
           WHERE s.expected <> current_version[s.item] AND s.item <> ALL (settled));
        settled := ARRAY(SELECT a.item FROM unnest(answers) a);
      END IF;

      IF cardinality(p_claim_item) > 0 THEN
        answers := answers || ARRAY(
          SELECT DISTINCT ON (s.item) (s.item, 'claim-conflict', null, null, null, null, null, null, h.stream, s.kind,
                                       s.key)::es.append_result
            FROM unnest(p_claim_item, p_claim_op, p_claim_kind, p_claim_key)
                 WITH ORDINALITY AS s (item, op, kind, key, place)
            JOIN LATERAL (SELECT h.stream FROM es.claims h WHERE h.tenant_id = p_tenant[s.item]
                             AND h.kind = s.kind AND h.key = s.key LIMIT 1) h ON h.stream <> p_stream[s.item]
           WHERE s.op = 'take' AND s.item <> ALL (settled)
           ORDER BY s.item, s.place);
        settled := ARRAY(SELECT a.item FROM unnest(answers) a);
      END IF;

      IF cardinality(p_guard_item) > 0 THEN
        answers := answers || ARRAY(
          SELECT DISTINCT ON (s.item) (s.item, 'guard-conflict', c.version, null, null, null, null, null, s.stream,
                                       null, null)::es.append_result
            FROM unnest(p_guard_item, p_guard_log, p_guard_stream, p_guard_version)
                 WITH ORDINALITY AS s (item, log, stream, version, place)
           CROSS JOIN LATERAL (SELECT coalesce(CASE s.log
              WHEN 'record' THEN (SELECT max(e.version) FROM es.events e WHERE e.stream = s.stream)
              ELSE (SELECT max(e.version) FROM es.telemetry e
                     WHERE e.stream = s.stream AND e.day = es.stream_day(s.stream)) END, 0) AS version) c
           WHERE c.version <> s.version AND s.item <> ALL (settled)
           ORDER BY s.item, s.place);
        settled := ARRAY(SELECT a.item FROM unnest(answers) a);
      END IF;

      {read_last}
      recorded := greatest(date_trunc('milliseconds', clock_timestamp()), last_recorded);
      recorded_text := es.iso(recorded);

      INSERT INTO {table} (position, occurred_at, recorded_at, event_id, version, schema_version, {day}
                           tenant_id, stream, type, actor, data, meta)
      SELECT last_position + row_number() OVER (ORDER BY s.item, s.place), s.occurred_at::timestamptz, recorded,
             s.event_id::uuid, p_expected[s.item] + row_number() OVER (PARTITION BY s.item ORDER BY s.place),
             s.schema_version, {day_of_item} p_tenant[s.item], p_stream[s.item], s.type,
             s.actor::json, s.data::json, s.meta::json
        FROM unnest(p_event_item, p_event_id, p_type, p_schema_version, p_data, p_actor, p_meta, p_occurred_at)
             WITH ORDINALITY AS s (item, event_id, type, schema_version, data, actor, meta, occurred_at, place)
       WHERE s.item <> ALL (settled);
      GET DIAGNOSTICS written = ROW_COUNT;
      IF written > 0 THEN
        {move_last}
        PERFORM pg_notify('dramatis', '');
      END IF;

      answers := answers || ARRAY(
        SELECT (s.item, 'appended', p_expected[s.item] + s.events,
                CASE WHEN s.events = 0 THEN current_position[s.item]
                     ELSE last_position + sum(s.events) OVER (ORDER BY s.item) END,
                recorded_text, null, null, null, null, null, null)::es.append_result
          FROM unnest(p_events) WITH ORDINALITY AS s (events, item)
         WHERE s.item <> ALL (settled));

      IF cardinality(p_claim_item) > 0 THEN
        DELETE FROM es.claims WHERE ctid = ANY (ARRAY(
          SELECT h.ctid FROM unnest(p_claim_item, p_claim_op, p_claim_kind, p_claim_key) AS s (item, op, kind, key)
            JOIN LATERAL (SELECT h.ctid FROM es.claims h WHERE h.tenant_id = p_tenant[s.item] AND h.kind = s.kind
                             AND h.key = s.key AND h.stream = p_stream[s.item] LIMIT 1) h ON true
           WHERE s.op = 'release' AND s.item <> ALL (settled)));
        INSERT INTO es.claims (tenant_id, kind, key, stream)
        SELECT p_tenant[s.item], s.kind, s.key, p_stream[s.item]
          FROM unnest(p_claim_item, p_claim_op, p_claim_kind, p_claim_key) AS s (item, op, kind, key)
         WHERE s.op = 'take' AND s.item <> ALL (settled)
        ON CONFLICT DO NOTHING;
        -- The other log has its own lock, so an append to it may have taken the same claim in the meantime.
        PERFORM FROM unnest(p_claim_item, p_claim_op, p_claim_kind, p_claim_key) AS s (item, op, kind, key)
           JOIN LATERAL (SELECT h.stream FROM es.claims h WHERE h.tenant_id = p_tenant[s.item]
                            AND h.kind = s.kind AND h.key = s.key LIMIT 1) h ON h.stream <> p_stream[s.item]
          WHERE s.op = 'take' AND s.item <> ALL (settled);
        IF FOUND THEN
          RAISE EXCEPTION 'a claim was taken through the other log' USING ERRCODE = 'serialization_failure';
        END IF;
      END IF;

      IF cardinality(p_key_item) > 0 THEN
        INSERT INTO ops.idempotency
               (scope, key, fingerprint, command_id, stream, from_version, version, position, recorded_at)
        SELECT s.scope, s.key, s.fingerprint, p_command[s.item], p_stream[s.item], p_expected[s.item], a.version,
               a.position, recorded
          FROM unnest(p_key_item, p_scope, p_key, p_fingerprint) AS s (item, scope, key, fingerprint)
          JOIN unnest(answers) a ON a.item = s.item
         WHERE s.item <> ALL (settled)
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written <> (SELECT count(*) FROM unnest(p_key_item) AS s (item) WHERE s.item <> ALL (settled)) THEN
          RAISE EXCEPTION 'an idempotency key was used through the other log' USING ERRCODE = 'serialization_failure';
        END IF;
      END IF;

      RETURN QUERY SELECT a.* FROM unnest(answers) a;
    END $body$;

    -- The same for one item of one event, without claims and guards (p_key is null without an idempotency key).
    -- What is not simply written goes the long way.
    CREATE FUNCTION es.append_one_{log}(
      p_tenant text, p_stream text, p_expected integer, p_command text, p_event_id uuid, p_type text,
      p_schema_version integer, p_data json, p_actor json, p_meta json, p_occurred_at timestamptz,
      p_scope text, p_key text, p_fingerprint text
    ) RETURNS es.append_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
    AS $body$
    DECLARE
      answer          es.append_result;
      current_version integer;
      last_position   bigint;
      last_recorded   timestamptz;
      recorded        timestamptz(3);
    BEGIN
      PERFORM es.begin_append({lock});
      SELECT e.version INTO current_version
        FROM {table} e WHERE e.stream = p_stream {same_day_one} ORDER BY e.version DESC LIMIT 1;
      IF coalesce(current_version, 0) <> p_expected OR p_key IS NOT NULL
         AND EXISTS (SELECT FROM ops.idempotency i WHERE i.scope = p_scope AND i.key = p_key) THEN
        SELECT * INTO answer FROM es.append_{log}(
          ARRAY[p_tenant], ARRAY[p_stream], ARRAY[p_expected], ARRAY[1], ARRAY[p_command],
          ARRAY[1], ARRAY[p_event_id::text], ARRAY[p_type], ARRAY[p_schema_version],
          ARRAY[p_data::text], ARRAY[p_actor::text], ARRAY[p_meta::text], ARRAY[p_occurred_at::text],
          array_remove(ARRAY[CASE WHEN p_key IS NOT NULL THEN 1 END], null), ARRAY[p_scope], ARRAY[p_key],
          ARRAY[p_fingerprint], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}');
        RETURN answer;
      END IF;

      {read_last}
      recorded := greatest(date_trunc('milliseconds', clock_timestamp()), last_recorded);
      INSERT INTO {table} (position, occurred_at, recorded_at, event_id, version, schema_version, {day}
                           tenant_id, stream, type, actor, data, meta)
      VALUES (last_position + 1, p_occurred_at, recorded, p_event_id, p_expected + 1, p_schema_version, {day_of_one}
              p_tenant, p_stream, p_type, p_actor, p_data, p_meta);
      {move_last_by_one}
      IF p_key IS NOT NULL THEN
        INSERT INTO ops.idempotency
               (scope, key, fingerprint, command_id, stream, from_version, version, position, recorded_at)
        VALUES (p_scope, p_key, p_fingerprint, p_command, p_stream, p_expected, p_expected + 1, last_position + 1,
                recorded)
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'an idempotency key was used through the other log' USING ERRCODE = 'serialization_failure';
        END IF;
      END IF;
      PERFORM pg_notify('dramatis', '');
      answer.item := 1;
      answer.outcome := 'appended';
      answer.version := p_expected + 1;
      answer.position := last_position + 1;
      answer.recorded_at := es.iso(recorded);
      RETURN answer;
    END $body$;
  $template$;
  record_log constant jsonb := jsonb_build_object(
    'log', 'record', 'table', 'es.events', 'lock', '1',
    'same_day', '', 'same_day_one', '', 'day', '', 'day_of_item', '', 'day_of_one', '',
    'read_last', $$
      SELECT e.position, e.recorded_at INTO last_position, last_recorded
        FROM es.events e ORDER BY e.position DESC LIMIT 1;
      last_position := coalesce(last_position, 0);$$,
    'move_last', '', 'move_last_by_one', '');
  telemetry_log constant jsonb := jsonb_build_object(
    'log', 'telemetry', 'table', 'es.telemetry', 'lock', '2',
    'same_day', 'AND e.day = es.stream_day(s.stream)', 'same_day_one', 'AND e.day = es.stream_day(p_stream)',
    'day', 'day,', 'day_of_item', 'es.stream_day(p_stream[s.item]),', 'day_of_one', 'es.stream_day(p_stream),',
    'read_last', $$
      SELECT p.last_value, timestamptz 'epoch' + c.last_value * interval '1 millisecond'
        INTO last_position, last_recorded FROM es.telemetry_position p, es.telemetry_clock c;$$,
    'move_last', $$
        PERFORM setval('es.telemetry_position', last_position + written),
                setval('es.telemetry_clock', (extract(epoch FROM recorded) * 1000)::bigint);$$,
    'move_last_by_one', $$
      PERFORM setval('es.telemetry_position', last_position + 1),
              setval('es.telemetry_clock', (extract(epoch FROM recorded) * 1000)::bigint);$$);
  log  jsonb;
  part record;
  ddl  text;
BEGIN
  FOREACH log IN ARRAY ARRAY[record_log, telemetry_log] LOOP
    ddl := template;
    FOR part IN SELECT * FROM jsonb_each_text(log) LOOP
      ddl := replace(ddl, '{' || part.key || '}', part.value);
    END LOOP;
    EXECUTE ddl;
  END LOOP;
END $migration$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA es FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es.append_record, es.append_telemetry, es.append_one_record, es.append_one_telemetry
  TO :app_role;
