"""The words and states of who is under 14 (개인정보 보호법 22조의2). A flag, never an age.

``conversation.guardian``: None, "needed" (no contact is taken) or "agreed" (a guardian's contact is).
"""

from __future__ import annotations

NEEDED = "needed"
AGREED = "agreed"
# What stands in the place of a contact that was not taken.
CONTACT_REFUSED = "[연락처 받지 않음]"
