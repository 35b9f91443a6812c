-- The second statement of an append. Its snapshot is taken after the first one
-- got its locks, so that it sees every message and membership that was
-- committed before; in one statement with the locks it would decide on an older
-- state. A message without a row in the result was refused.
WITH input AS (
    SELECT
        item.position, item.conversation_id, item.sender_id, item.client_id, item.external_id,
        item.type, item.content, item.properties, item.hash
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[])
        WITH ORDINALITY
        AS item (conversation_id, sender_id, client_id, external_id, type, content, properties, hash, position)
),
old AS (
    SELECT
        input.position, message.hash,
        message.id, message.external_id, message.conversation_id, message.seq,
        message.created_rev, message.rev, message.client_id, message.sender_id, message.type,
        message.content, message.properties,
        message.created_at, message.edited_at, message.deleted_at
    FROM input
    JOIN messages AS message
        ON message.conversation_id = input.conversation_id
        AND message.sender_id = input.sender_id
        AND message.client_id = input.client_id
),
fresh AS (
    SELECT
        input.position, input.conversation_id, input.sender_id, input.client_id, input.external_id,
        input.type, input.content, input.properties, input.hash,
        row_number() OVER (PARTITION BY input.conversation_id ORDER BY input.position) AS number
    FROM input
    JOIN members AS member
        ON member.conversation_id = input.conversation_id
        AND member.user_id = input.sender_id
        AND member.left_rev = 0
    WHERE NOT EXISTS (SELECT FROM old WHERE old.position = input.position)
),
counts AS (
    SELECT fresh.conversation_id, count(*) AS total
    FROM fresh
    GROUP BY fresh.conversation_id
),
base AS (
    UPDATE conversations AS conversation
    SET last_seq = conversation.last_seq + counts.total,
        rev = conversation.rev + counts.total,
        changed_at = clock_timestamp()
    FROM counts
    WHERE conversation.id = counts.conversation_id
    RETURNING
        conversation.id,
        conversation.last_seq - counts.total AS seq,
        conversation.rev - counts.total AS rev,
        conversation.changed_at
),
inserted AS (
    INSERT INTO messages (
        conversation_id, seq, external_id, created_rev, rev, client_id, sender_id, hash,
        type, content, properties, created_at
    )
    SELECT
        fresh.conversation_id, base.seq + fresh.number, NULLIF(fresh.external_id, ''),
        base.rev + fresh.number, base.rev + fresh.number, fresh.client_id, fresh.sender_id, fresh.hash,
        fresh.type, fresh.content::json, fresh.properties::json, base.changed_at
    FROM fresh
    JOIN base ON base.id = fresh.conversation_id
    ORDER BY fresh.position
    RETURNING id, external_id, conversation_id, seq, created_rev, rev, client_id, sender_id, type, created_at
)
-- Content and properties of what was inserted are known to the caller.
SELECT
    true AS created, NULL::bytea AS hash,
    inserted.id, COALESCE(inserted.external_id, ''), inserted.conversation_id, inserted.seq,
    inserted.created_rev, inserted.rev, inserted.client_id, inserted.sender_id, inserted.type,
    NULL::json AS content, NULL::json AS properties,
    inserted.created_at, NULL::timestamptz AS edited_at, NULL::timestamptz AS deleted_at
FROM inserted
UNION ALL
SELECT
    false, old.hash,
    old.id, COALESCE(old.external_id, ''), old.conversation_id, old.seq,
    old.created_rev, old.rev, old.client_id, old.sender_id, old.type,
    old.content, old.properties,
    old.created_at, old.edited_at, old.deleted_at
FROM old
