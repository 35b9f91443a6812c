-- The second statement of an append. Its snapshot is taken after the first one
-- got its locks, so that it sees every message and membership that was
-- committed before, and the numbers that the conversations have come to; in one
-- statement with the locks it would decide on an older state. A message without
-- a row in the result was stored before, or is refused.
WITH fresh AS (
    SELECT
        admitted.position, admitted.conversation_id, admitted.sender_id, admitted.client_id, admitted.external_id,
        admitted.type, admitted.content, admitted.properties, admitted.hash, admitted.details, admitted.group_tag,
        admitted.parent_id, admitted.thread_id, admitted.id,
        admitted.last_seq + row_number() OVER same AS seq,
        admitted.rev + row_number() OVER same AS rev,
        row_number() OVER same AS number,
        lead(true) OVER same IS NULL AS last,
        (SELECT clock_timestamp()) AS at
    FROM (
        SELECT
            item.position, item.conversation_id, item.sender_id, item.client_id, item.external_id,
            item.type, item.content, item.properties, item.hash, item.details, item.group_tag,
            parent.id AS parent_id, parent.thread_id, conversation.last_seq, conversation.rev,
            nextval('messages_id_seq') AS id
        FROM unnest(
            $1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
            $9::text[], $10::text[], $11::bigint[]
        )
            WITH ORDINALITY
            AS item (
                conversation_id, sender_id, client_id, external_id, type, content, properties, hash,
                details, group_tag, parent_id, position)
        JOIN conversations AS conversation
            ON conversation.id = item.conversation_id
            AND conversation.deleted_at IS NULL
            AND conversation.status = 'active'
            AND NOT conversation.ephemeral
        LEFT JOIN members AS member
            ON member.conversation_id = item.conversation_id
            AND member.user_id = item.sender_id
        LEFT JOIN users AS sender
            ON sender.id = item.sender_id
        -- Of a group with replies, parents.sql stands in the place of this line.
        CROSS JOIN (VALUES (NULL::bigint, NULL::bigint)) AS parent (id, thread_id)
        WHERE NOT EXISTS (
                SELECT FROM messages AS old
                WHERE old.conversation_id = item.conversation_id
                    AND old.sender_id = item.sender_id
                    AND old.client_id = item.client_id
            )
            -- The project itself is no member of anything.
            AND (item.sender_id = 0 OR (
                member.left_rev = 0
                AND member.may_send
                AND sender.may_send
                AND sender.account_status = 'active'
                AND sender.erased_at IS NULL
            ))
            AND (conversation.type <> 'direct' OR NOT EXISTS (
                SELECT FROM members AS other
                CROSS JOIN LATERAL (
                    VALUES (other.user_id, item.sender_id), (item.sender_id, other.user_id)
                ) AS pair (blocker, blocked)
                JOIN blocks AS block
                    ON block.blocker = pair.blocker
                    AND block.blocked = pair.blocked
                WHERE other.conversation_id = item.conversation_id
                    AND other.left_rev = 0
            ))
        -- The ids ascend in this order.
        ORDER BY item.position
    ) AS admitted
    WINDOW same AS (PARTITION BY admitted.conversation_id ORDER BY admitted.position)
),
advanced AS (
    UPDATE conversations AS conversation
    SET last_seq = fresh.seq,
        rev = fresh.rev,
        message_count = conversation.message_count + fresh.number,
        activity_at = fresh.at,
        changed_at = fresh.at
    FROM fresh
    WHERE conversation.id = fresh.conversation_id
        AND fresh.last
),
inserted AS (
    INSERT INTO messages (
        id, conversation_id, seq, external_id, created_rev, rev, client_id, sender_id, hash,
        type, content, properties, details, group_tag, parent_id, thread_id, created_at
    )
    OVERRIDING SYSTEM VALUE
    SELECT
        fresh.id, fresh.conversation_id, fresh.seq, NULLIF(fresh.external_id, ''), fresh.rev, fresh.rev,
        fresh.client_id, fresh.sender_id, fresh.hash, fresh.type, fresh.content::json,
        COALESCE(fresh.properties::json, '{}'), fresh.details::json, fresh.group_tag,
        fresh.parent_id, fresh.thread_id, fresh.at
    FROM fresh
)
-- Here replies.sql goes, for a group that has some.
-- What the caller gave is not sent back.
SELECT fresh.position, fresh.id, fresh.seq, fresh.rev, COALESCE(fresh.thread_id, 0), fresh.at
FROM fresh
