"""Ready designs of flex messages: a form's few fields on one side, LINE's JSON on the other."""
