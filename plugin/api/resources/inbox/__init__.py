"""Resources about talks with friends: conversations, prepared answers, rules of the inbox."""
