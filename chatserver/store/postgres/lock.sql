-- The first statement of an append. The order of the ids is the lock order that
-- every transaction keeps, so that overlapping groups never wait in a circle.
-- FOR NO KEY UPDATE lets the foreign key checks of other transactions pass.
SELECT conversation.id
FROM conversations AS conversation
WHERE conversation.id = ANY ($1::bigint[])
ORDER BY conversation.id
FOR NO KEY UPDATE
