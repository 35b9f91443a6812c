-- The second statement of an append. Its snapshot is taken after the first one
-- got its locks, so that it sees every message and membership that was
-- committed before; in one statement with the locks it would decide on an older
-- state. A message without a row in the result was refused.
WITH input AS (
    SELECT
        item.position, item.conversation_id, item.sender_id, item.client_id, item.external_id,
        item.type, item.content, item.properties, item.hash, item.details, item.group_tag, item.parent_id
    FROM unnest(
        $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
        $9::text[], $10::text[], $11::bigint[]
    )
        WITH ORDINALITY
        AS item (
            conversation_id, sender_id, client_id, external_id, type, content, properties, hash,
            details, group_tag, parent_id, position)
),
old AS (
    SELECT
        input.position, message.hash,
        message.id, message.external_id, message.conversation_id, message.seq, message.created_rev,
        message.rev, message.client_id, message.sender_id, message.type, message.content, message.properties,
        message.details, message.group_tag, message.parent_id, message.thread_id,
        message.reply_count, message.reactions, message.created_at, message.edited_at, message.edited_by,
        message.deleted_at, message.deleted_by
    FROM input
    JOIN messages AS message
        ON message.conversation_id = input.conversation_id
        AND message.sender_id = input.sender_id
        AND message.client_id = input.client_id
),
fresh AS (
    SELECT
        input.position, input.conversation_id, input.sender_id, input.client_id, input.external_id,
        input.type, input.content, input.properties, input.hash, input.details, input.group_tag,
        parent.id AS parent_id, COALESCE(parent.thread_id, parent.id) AS thread_id,
        row_number() OVER (PARTITION BY input.conversation_id ORDER BY input.position) AS number
    FROM input
    JOIN conversations AS conversation
        ON conversation.id = input.conversation_id
        AND conversation.deleted_at IS NULL
        AND conversation.status = 'active'
        AND NOT conversation.ephemeral
    LEFT JOIN members AS member
        ON member.conversation_id = input.conversation_id
        AND member.user_id = input.sender_id
    LEFT JOIN users AS sender
        ON sender.id = input.sender_id
    LEFT JOIN messages AS parent
        ON parent.id = NULLIF(input.parent_id, 0)
        AND parent.conversation_id = input.conversation_id
        AND parent.deleted_at IS NULL
    WHERE NOT EXISTS (SELECT FROM old WHERE old.position = input.position)
        -- The project itself is no member of anything.
        AND (input.sender_id = 0 OR (
            member.left_rev = 0
            AND member.may_send
            AND sender.may_send
            AND sender.account_status = 'active'
            AND sender.erased_at IS NULL
        ))
        AND (input.parent_id = 0 OR parent.id IS NOT NULL)
        AND (conversation.type <> 'direct' OR NOT EXISTS (
            SELECT FROM members AS other
            JOIN blocks AS block
                ON (block.blocker = other.user_id AND block.blocked = input.sender_id)
                OR (block.blocker = input.sender_id AND block.blocked = other.user_id)
            WHERE other.conversation_id = input.conversation_id
                AND other.left_rev = 0
        ))
),
counts AS (
    SELECT fresh.conversation_id, count(*) AS total, clock_timestamp() AS at
    FROM fresh
    GROUP BY fresh.conversation_id
),
base AS (
    UPDATE conversations AS conversation
    SET last_seq = conversation.last_seq + counts.total,
        rev = conversation.rev + counts.total,
        message_count = conversation.message_count + counts.total,
        activity_at = counts.at,
        changed_at = counts.at
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
        type, content, properties, details, group_tag, parent_id, thread_id, created_at
    )
    SELECT
        fresh.conversation_id, base.seq + fresh.number, NULLIF(fresh.external_id, ''),
        base.rev + fresh.number, base.rev + fresh.number, fresh.client_id, fresh.sender_id, fresh.hash,
        fresh.type, fresh.content::json, fresh.properties::json, fresh.details::json, fresh.group_tag,
        fresh.parent_id, fresh.thread_id, base.changed_at
    FROM fresh
    JOIN base ON base.id = fresh.conversation_id
    ORDER BY fresh.position
    RETURNING
        id, external_id, conversation_id, seq, created_rev, rev, client_id, sender_id, type,
        parent_id, thread_id, created_at
)
-- Here replies.sql goes, for a group that has some.
-- What the caller gave of an inserted message is not sent back.
SELECT
    true AS created, NULL::bytea AS hash,
    inserted.id, COALESCE(inserted.external_id, ''), inserted.conversation_id, inserted.seq, inserted.created_rev,
    inserted.rev, inserted.client_id, inserted.sender_id, inserted.type, NULL::json AS content, NULL::json AS properties,
    NULL::json AS details, '' AS group_tag, COALESCE(inserted.parent_id, 0), COALESCE(inserted.thread_id, 0),
    0::bigint AS reply_count, NULL::json AS reactions, inserted.created_at, NULL::timestamptz AS edited_at,
    0::bigint AS edited_by, NULL::timestamptz AS deleted_at, 0::bigint AS deleted_by
FROM inserted
UNION ALL
SELECT
    false, old.hash,
    old.id, COALESCE(old.external_id, ''), old.conversation_id, old.seq, old.created_rev,
    old.rev, old.client_id, old.sender_id, old.type, old.content, old.properties,
    old.details, old.group_tag, COALESCE(old.parent_id, 0), COALESCE(old.thread_id, 0),
    old.reply_count, old.reactions, old.created_at, old.edited_at,
    old.edited_by, old.deleted_at, old.deleted_by
FROM old
