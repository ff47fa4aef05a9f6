//! The tables, as the migrations make them, in types that every database has.

diesel::table! {
    cluster_actions (task_id) {
        task_id -> Text,
        target -> Text,
        name -> Text,
        status -> Text,
        progress -> Double,
        parameters -> Text,
        cancel_requested -> Bool,
        error_code -> Nullable<Text>,
        error_message -> Nullable<Text>,
        requested_by -> Text,
        queued_at -> BigInt,
        started_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        owner -> Nullable<Text>,
        lease_until -> Nullable<BigInt>,
        fencing -> BigInt,
        revision -> BigInt,
        max_attempts -> Integer,
        lease_length -> Nullable<BigInt>,
        turn -> BigInt,
    }
}

diesel::table! {
    cluster_exclusions (key) {
        key -> Text,
        task_id -> Text,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        name -> Text,
        password_hash -> Text,
        cluster_roles -> Text,
        created_at -> BigInt,
        uid -> BigInt,
        email -> Nullable<Text>,
        password_issued_at -> BigInt,
    }
}

diesel::table! {
    user_counter (id) {
        id -> Integer,
        last_uid -> BigInt,
    }
}

diesel::table! {
    login_failures (account) {
        account -> Binary,
        recent -> Text,
        locked_until -> Nullable<BigInt>,
        over_at -> BigInt,
    }
}

diesel::table! {
    signing_keys (id) {
        id -> Text,
        secret -> Binary,
        made_at -> BigInt,
        good_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    user_grants (user_id, position) {
        user_id -> Text,
        position -> Integer,
        project_id -> Text,
        role -> Text,
    }
}

diesel::table! {
    project_names (project_id) {
        project_id -> Text,
        name -> Text,
    }
}

diesel::table! {
    tokens (digest) {
        digest -> Binary,
        user_id -> Text,
        project_id -> Nullable<Text>,
        issued_at -> BigInt,
        expires_at -> BigInt,
        chain -> Nullable<Binary>,
    }
}

diesel::table! {
    project_actions (seq) {
        seq -> BigInt,
        project_id -> Text,
        action_id -> Text,
        version -> BigInt,
        document -> Text,
    }
}

diesel::table! {
    project_action_markers (project_id, action_id) {
        project_id -> Text,
        action_id -> Text,
        seq -> BigInt,
        removed_at -> BigInt,
    }
}

diesel::table! {
    project_action_counts (project_id, level, block) {
        project_id -> Text,
        level -> Integer,
        block -> BigInt,
        live -> BigInt,
    }
}

diesel::table! {
    receipts (name) {
        name -> Binary,
        said -> Binary,
        subject -> Text,
        version -> BigInt,
        kept_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(tokens, users);
