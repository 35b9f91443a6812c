-- A part of append.sql: parents and threads count the new replies and take the
-- rev of the last one. A thread that begins with its parent counts a reply once.
, replies AS (
    SELECT target.id, count(*) AS total, max(fresh.rev) AS rev
    FROM fresh
    CROSS JOIN LATERAL (SELECT fresh.parent_id UNION SELECT fresh.thread_id) AS target (id)
    WHERE fresh.parent_id IS NOT NULL
    GROUP BY target.id
),
replied AS (
    UPDATE messages AS message
    SET reply_count = message.reply_count + replies.total,
        rev = replies.rev
    FROM replies
    WHERE message.id = replies.id
)
