"""A verification code by SMS, its receipt, and the answer of the customer. See ../README.md."""
