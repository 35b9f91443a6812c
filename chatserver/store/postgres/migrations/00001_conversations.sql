-- Identities start at 10^12: all have the same number of digits, so that they
-- sort as strings too, and stay below 2^53.

-- +goose Up
CREATE TABLE meta (
    name  text PRIMARY KEY,
    value text NOT NULL
);
-- A restore brings the old value back together with the old data; whoever
-- restores replaces it, and every client reads its conversations anew.
INSERT INTO meta (name, value) VALUES ('restore_id', gen_random_uuid()::text);

CREATE TABLE users (
    id           bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000000000) PRIMARY KEY,
    external_id  text CONSTRAINT users_external_id_unique UNIQUE,
    username     text,
    username_key text CONSTRAINT users_username_key_unique UNIQUE,
    display_name text NOT NULL,
    email        text NOT NULL,
    avatar       text NOT NULL,
    properties   json NOT NULL,
    guest        boolean NOT NULL,
    token_epoch  bigint NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);

CREATE TABLE conversations (
    id          bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000000000) PRIMARY KEY,
    external_id text CONSTRAINT conversations_external_id_unique UNIQUE,
    direct_key  bytea CONSTRAINT conversations_direct_key_unique UNIQUE,
    type        text NOT NULL,
    name        text NOT NULL,
    properties  json NOT NULL,
    created_by  bigint NOT NULL REFERENCES users (id),
    first_seq   bigint NOT NULL DEFAULT 1,
    last_seq    bigint NOT NULL DEFAULT 0,
    rev         bigint NOT NULL DEFAULT 1,
    object_rev  bigint NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL
);

CREATE TABLE members (
    conversation_id bigint NOT NULL REFERENCES conversations (id),
    user_id         bigint NOT NULL REFERENCES users (id),
    role            text NOT NULL,
    joined_seq      bigint NOT NULL,
    created_rev     bigint NOT NULL,
    rev             bigint NOT NULL,
    left_rev        bigint NOT NULL DEFAULT 0,
    own_rev         bigint NOT NULL DEFAULT 0,
    read_seq        bigint NOT NULL DEFAULT 0,
    created_at      timestamptz NOT NULL,
    changed_at      timestamptz NOT NULL,
    PRIMARY KEY (conversation_id, user_id)
);
CREATE INDEX members_user ON members (user_id, changed_at);
CREATE INDEX members_rev ON members (conversation_id, rev);

-- Messages refer to conversations and users without foreign keys: the append
-- statement has just locked the one and checked the membership of the other,
-- and a check per row would lock every sender's row too.
CREATE TABLE messages (
    conversation_id bigint NOT NULL,
    seq             bigint NOT NULL,
    id              bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000000000000)
                    CONSTRAINT messages_id_unique UNIQUE,
    external_id     text,
    created_rev     bigint NOT NULL,
    rev             bigint NOT NULL,
    client_id       text NOT NULL,
    sender_id       bigint NOT NULL,
    hash            bytea NOT NULL,
    type            text NOT NULL,
    content         json,
    properties      json,
    created_at      timestamptz NOT NULL,
    edited_at       timestamptz,
    deleted_at      timestamptz,
    PRIMARY KEY (conversation_id, seq),
    CONSTRAINT messages_send_unique UNIQUE (conversation_id, sender_id, client_id)
);
CREATE INDEX messages_rev ON messages (conversation_id, rev);
CREATE UNIQUE INDEX messages_external_id_unique ON messages (external_id) WHERE external_id IS NOT NULL;
