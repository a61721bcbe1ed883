#![expect(
    deprecated,
    reason = "clients in the field subscribe and ask for logs in ways that are to go"
)]

use rmcp::{
    ErrorData,
    model::{
        CallToolRequestParams, CompleteRequestParams, CustomRequest, ErrorCode,
        GetPromptRequestParams, InitializeRequestParams, PaginatedRequestParams,
        ReadResourceRequestParams, SetLevelRequestParams, SubscribeRequestParams,
        SubscriptionsListenRequestParams, UnsubscribeRequestParams,
    },
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Says why a request was not understood: there is no such method, or its parameters do not fit.
pub(crate) fn misfit(request: CustomRequest) -> ErrorData {
    let method = request.method.as_str();
    let given = request.params.unwrap_or_default();
    let wrong = match method {
        "initialize" => wrong::<InitializeRequestParams>(given),
        "tools/call" => wrong::<CallToolRequestParams>(given),
        "resources/read" => wrong::<ReadResourceRequestParams>(given),
        "resources/subscribe" => wrong::<SubscribeRequestParams>(given),
        "resources/unsubscribe" => wrong::<UnsubscribeRequestParams>(given),
        "subscriptions/listen" => wrong::<SubscriptionsListenRequestParams>(given),
        "prompts/get" => wrong::<GetPromptRequestParams>(given),
        "completion/complete" => wrong::<CompleteRequestParams>(given),
        "logging/setLevel" => wrong::<SetLevelRequestParams>(given),
        "tools/list" | "resources/list" | "resources/templates/list" | "prompts/list" => {
            wrong::<PaginatedRequestParams>(given)
        }
        _ => {
            let message = format!("there is no method {method}");
            return ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None);
        }
    };
    let message = format!("the params of {method} do not fit: {wrong}");
    ErrorData::invalid_params(message, None)
}

fn wrong<T: DeserializeOwned>(params: Value) -> String {
    match serde_json::from_value::<T>(params) {
        Ok(_) => "they are an object".to_owned(),
        Err(error) => error.to_string(),
    }
}
