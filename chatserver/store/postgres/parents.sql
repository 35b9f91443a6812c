        -- A part of append.sql: a reply whose parent is missing joins nothing. A reply
        -- belongs to its parent's thread, or begins one.
        CROSS JOIN LATERAL (
            SELECT message.id, COALESCE(message.thread_id, message.id) AS thread_id
            FROM messages AS message
            WHERE message.id = item.parent_id
                AND message.conversation_id = item.conversation_id
                AND message.deleted_at IS NULL
            UNION ALL
            SELECT NULL, NULL WHERE item.parent_id = 0
        ) AS parent
