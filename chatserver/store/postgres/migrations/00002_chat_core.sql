-- Everything that is added has a default, so that a server of the release
-- before can go on writing. What such a server does not know, it does not count:
-- message_count and member_count start right and stay right once it is gone.
-- The keys of names are computed by the migration after this one.

-- +goose Up
ALTER TABLE users
    ADD COLUMN role              text NOT NULL DEFAULT 'user',
    ADD COLUMN permissions       json,
    -- What the permissions say, so that the append statement need not read them.
    ADD COLUMN may_send          boolean NOT NULL DEFAULT true,
    ADD COLUMN may_receive       boolean NOT NULL DEFAULT true,
    ADD COLUMN account_status    text NOT NULL DEFAULT 'active',
    ADD COLUMN version           bigint NOT NULL DEFAULT 1,
    ADD COLUMN name_key          text NOT NULL DEFAULT '',
    ADD COLUMN last_active_at    timestamptz,
    ADD COLUMN tokens_revoked_at timestamptz,
    ADD COLUMN erased_at         timestamptz;
-- Prefixes are compared byte by byte, whatever the collation of the database.
CREATE INDEX users_name_key ON users (name_key text_pattern_ops);
CREATE INDEX users_username_prefix ON users (username_key text_pattern_ops);
CREATE INDEX users_revoked ON users (tokens_revoked_at) WHERE tokens_revoked_at IS NOT NULL;

-- 0 as the creator stands for nobody.
ALTER TABLE conversations
    DROP CONSTRAINT conversations_created_by_fkey,
    ADD COLUMN avatar        text NOT NULL DEFAULT '',
    ADD COLUMN status        text NOT NULL DEFAULT 'active',
    ADD COLUMN ephemeral     boolean NOT NULL DEFAULT false,
    ADD COLUMN since_join    boolean NOT NULL DEFAULT false,
    ADD COLUMN message_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN member_count  bigint NOT NULL DEFAULT 0,
    ADD COLUMN version       bigint NOT NULL DEFAULT 1,
    ADD COLUMN name_key      text NOT NULL DEFAULT '',
    ADD COLUMN activity_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN deleted_at    timestamptz;
UPDATE conversations AS conversation
SET activity_at = COALESCE((
        SELECT message.created_at FROM messages AS message
        WHERE message.conversation_id = conversation.id AND message.seq = conversation.last_seq
    ), conversation.created_at),
    message_count = (
        SELECT count(*) FROM messages AS message
        WHERE message.conversation_id = conversation.id AND message.deleted_at IS NULL
    ),
    member_count = (
        SELECT count(*) FROM members AS member
        WHERE member.conversation_id = conversation.id AND member.left_rev = 0
    );
-- Nothing that an append changes is indexed, or each would have to write to
-- every index of the table.
CREATE INDEX conversations_name_key ON conversations (name_key text_pattern_ops);
CREATE INDEX conversations_created_by ON conversations (created_by);
CREATE INDEX conversations_joinable ON conversations (id) WHERE type IN ('public', 'open') AND deleted_at IS NULL;

ALTER TABLE members
    ADD COLUMN invited_by    bigint NOT NULL DEFAULT 0,
    ADD COLUMN permissions   json,
    ADD COLUMN may_send      boolean NOT NULL DEFAULT true,
    ADD COLUMN may_receive   boolean NOT NULL DEFAULT true,
    ADD COLUMN read_at       timestamptz,
    ADD COLUMN delivered_seq bigint NOT NULL DEFAULT 0,
    ADD COLUMN muted         boolean NOT NULL DEFAULT false,
    -- The conversation's last seq when the member hid it: the next message
    -- shows it again without a write to any member.
    ADD COLUMN hidden_seq    bigint,
    ADD COLUMN cleared_seq   bigint NOT NULL DEFAULT 0;
UPDATE members SET read_seq = GREATEST(read_seq, joined_seq), delivered_seq = GREATEST(read_seq, joined_seq);

ALTER TABLE messages
    ADD COLUMN details     json, -- attachments, mentions and links
    ADD COLUMN group_tag   text NOT NULL DEFAULT '',
    ADD COLUMN parent_id   bigint,
    ADD COLUMN thread_id   bigint,
    ADD COLUMN reply_count bigint NOT NULL DEFAULT 0,
    ADD COLUMN reactions   json, -- how many of each emoji
    ADD COLUMN edited_by   bigint NOT NULL DEFAULT 0,
    ADD COLUMN deleted_by  bigint NOT NULL DEFAULT 0;
CREATE INDEX messages_thread ON messages (thread_id, seq) WHERE thread_id IS NOT NULL;
CREATE INDEX messages_parent ON messages (parent_id, seq) WHERE parent_id IS NOT NULL;
CREATE INDEX messages_mentions ON messages (conversation_id, seq) WHERE details -> 'mentions' IS NOT NULL;

CREATE TABLE reactions (
    conversation_id bigint NOT NULL,
    seq             bigint NOT NULL,
    user_id         bigint NOT NULL,
    emoji           text NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, seq, user_id, emoji)
);
CREATE UNIQUE INDEX reactions_place ON reactions (conversation_id, seq, created_at);
CREATE INDEX reactions_user ON reactions (conversation_id, user_id);

CREATE TABLE hidden_messages (
    conversation_id bigint NOT NULL,
    user_id         bigint NOT NULL,
    seq             bigint NOT NULL,
    PRIMARY KEY (conversation_id, user_id, seq)
);

-- A move takes a mark from the one seq to the other.
CREATE TABLE receipt_moves (
    conversation_id bigint NOT NULL,
    user_id         bigint NOT NULL,
    kind            text NOT NULL,
    seq             bigint NOT NULL,
    from_seq        bigint NOT NULL,
    at              timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, user_id, kind, seq)
);

CREATE TABLE blocks (
    blocker    bigint NOT NULL REFERENCES users (id),
    blocked    bigint NOT NULL REFERENCES users (id),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (blocker, blocked)
);
CREATE INDEX blocks_blocked ON blocks (blocked);

CREATE TABLE bans (
    conversation_id bigint NOT NULL REFERENCES conversations (id),
    user_id         bigint NOT NULL REFERENCES users (id),
    banned_by       bigint NOT NULL,
    reason          text NOT NULL,
    expires_at      timestamptz,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
);

CREATE TABLE invites (
    id              bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000000000) PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations (id),
    user_id         bigint NOT NULL REFERENCES users (id),
    invited_by      bigint NOT NULL,
    role            text NOT NULL,
    status          text NOT NULL,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX invites_pending_unique ON invites (conversation_id, user_id) WHERE status = 'pending';
CREATE INDEX invites_conversation ON invites (conversation_id, id);
CREATE INDEX invites_user ON invites (user_id, id);

CREATE TABLE reports (
    id              bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000000000) PRIMARY KEY,
    conversation_id bigint NOT NULL REFERENCES conversations (id),
    message_id      bigint NOT NULL,
    reporter        bigint NOT NULL REFERENCES users (id),
    reason          text NOT NULL,
    properties      json NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT reports_reporter_unique UNIQUE (message_id, reporter)
);
CREATE INDEX reports_conversation ON reports (conversation_id, id);
CREATE INDEX reports_reporter ON reports (reporter, id);

CREATE TABLE audit (
    id              bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000000000) PRIMARY KEY,
    action          text NOT NULL,
    key             text NOT NULL,
    actor           bigint NOT NULL,
    user_id         bigint NOT NULL,
    conversation_id bigint NOT NULL,
    message_id      bigint NOT NULL,
    details         json,
    created_at      timestamptz NOT NULL
);
CREATE INDEX audit_action ON audit (action, id);
CREATE INDEX audit_actor ON audit (actor, id) WHERE actor <> 0;
CREATE INDEX audit_user ON audit (user_id, id) WHERE user_id <> 0;
CREATE INDEX audit_conversation ON audit (conversation_id, id) WHERE conversation_id <> 0;

CREATE TABLE jobs (
    id              bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000000000) PRIMARY KEY,
    kind            text NOT NULL,
    conversation_id bigint NOT NULL,
    user_id         bigint NOT NULL,
    state           text NOT NULL,
    done            bigint NOT NULL,
    total           bigint NOT NULL,
    worker          text NOT NULL,
    lease_until     timestamptz,
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL
);
CREATE INDEX jobs_running ON jobs (id) WHERE state = 'running';

CREATE TABLE sessions (
    number          bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000000000) PRIMARY KEY,
    id              text NOT NULL CONSTRAINT sessions_id_unique UNIQUE,
    kind            text NOT NULL,
    user_id         bigint NOT NULL REFERENCES users (id),
    conversation_id bigint NOT NULL,
    parent          text NOT NULL,
    user_agent      text NOT NULL,
    started_at      timestamptz NOT NULL,
    ended_at        timestamptz
);
CREATE INDEX sessions_started ON sessions (started_at, number);
CREATE INDEX sessions_user ON sessions (user_id, started_at, number);
CREATE INDEX sessions_conversation ON sessions (conversation_id, started_at, number) WHERE conversation_id <> 0;
CREATE INDEX sessions_ended ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE refresh_tokens (
    hash       bytea PRIMARY KEY,
    family     text NOT NULL,
    user_id    bigint NOT NULL REFERENCES users (id),
    epoch      bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id, family);
CREATE INDEX refresh_tokens_expired ON refresh_tokens (expires_at);

CREATE TABLE passes (
    hash               bytea PRIMARY KEY,
    user_id            bigint NOT NULL REFERENCES users (id),
    epoch              bigint NOT NULL,
    key_id             text NOT NULL,
    expires_at         timestamptz NOT NULL,
    session_expires_at timestamptz
);
CREATE INDEX passes_user ON passes (user_id);
CREATE INDEX passes_expired ON passes (expires_at);

CREATE TABLE user_secrets (
    user_id bigint NOT NULL REFERENCES users (id),
    name    text NOT NULL,
    sealed  bytea NOT NULL,
    PRIMARY KEY (user_id, name)
);
