//! Function calls, which need no configured provider.

use super::*;

fn text(text: &str) -> proto::DynamicValue {
    dynamic(&ValueType::String, &text.into())
}

/// Calls a function: the result, or the text of the error and the argument to blame.
async fn call(name: &str, arguments: Vec<proto::DynamicValue>) -> Result<Value, (String, Option<i64>)> {
    let mut host = Host::new().await;
    let request = proto::call_function::Request {
        name: name.into(),
        arguments,
    };
    let answer = host.calls.call_function(request).await.unwrap().into_inner();
    match answer.error {
        Some(error) => {
            assert_eq!(answer.result, None);
            Err((error.text, error.function_argument))
        }
        None => Ok(msgpack::decode(&ValueType::String, &answer.result.unwrap().msgpack).unwrap()),
    }
}

#[tokio::test]
async fn a_result() {
    assert_eq!(
        call("join", vec![text(", "), text("a"), text("b")]).await,
        Ok("a, b".into())
    );
    assert_eq!(call("join", vec![text(", ")]).await, Ok("".into()));
    let unknown = dynamic(&ValueType::String, &Value::Unknown);
    assert_eq!(call("join", vec![text("+"), unknown]).await, Ok(Value::Unknown));
}

#[tokio::test]
async fn an_error_names_the_argument() {
    let bad = call("join", vec![text("+"), text("a"), text("bad")]).await;
    assert_eq!(bad, Err(("\"bad\" cannot be joined".to_owned(), Some(2))));
    // OpenTofu sends a null argument without any content.
    let null = call("join", vec![proto::DynamicValue::default()]).await;
    assert_eq!(null, Err(("separator must not be null".to_owned(), Some(0))));
    let (message, argument) = call("join", vec![text("+"), dynamic(&ValueType::Bool, &true.into())])
        .await
        .unwrap_err();
    assert!(message.contains("expected a text, found True"), "{message}");
    assert_eq!(argument, Some(1));
}

#[tokio::test]
async fn an_error_without_an_argument() {
    let missing = call("join", vec![]).await;
    assert_eq!(
        missing,
        Err((
            "the function join takes at least 1 arguments, and 0 were given".to_owned(),
            None
        ))
    );
    assert_eq!(
        call("split", vec![]).await,
        Err(("the provider has no function \"split\"".to_owned(), None))
    );
    for (separator, part) in [("panic", "out of glue"), ("number", "expected a text, found a number")] {
        let (message, argument) = call("join", vec![text(separator)]).await.unwrap_err();
        assert!(message.contains(part), "{message}");
        assert_eq!(argument, None);
    }
}
