//! The answers to edits of leads.

use super::Lead;
use crate::graphql::payload::edit_payload;

edit_payload! {
    /// The answer to `updateLead`.
    UpdateLeadPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `setLeadStatus`.
    SetLeadStatusPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `assignLead`.
    AssignLeadPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `unassignLead`.
    UnassignLeadPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `tagLead`.
    TagLeadPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `untagLead`.
    UntagLeadPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `setLeadFieldValues`.
    SetLeadFieldValuesPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `clearLeadFieldValues`.
    ClearLeadFieldValuesPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `addLeadAttributions`.
    AddLeadAttributionsPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `removeLeadAttributions`.
    RemoveLeadAttributionsPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `archiveLead`.
    ArchiveLeadPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}

edit_payload! {
    /// The answer to `restoreLead`.
    RestoreLeadPayload {
        /// The lead as it is now. Selecting it needs the read scope.
        lead as "lead": Lead
    }
}
