-- A part of append.sql: parents and threads count the new replies and take the
-- rev of the last one. A thread that begins with its parent counts a reply once.
, replies AS (
    SELECT target.id, count(*) AS total, max(inserted.rev) AS rev
    FROM inserted
    CROSS JOIN LATERAL (SELECT inserted.parent_id UNION SELECT inserted.thread_id) AS target (id)
    WHERE inserted.parent_id IS NOT NULL
    GROUP BY target.id
),
replied AS (
    UPDATE messages AS message
    SET reply_count = message.reply_count + replies.total,
        rev = replies.rev
    FROM replies
    WHERE message.id = replies.id
)
