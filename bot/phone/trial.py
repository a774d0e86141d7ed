"""Whether Twilio would let Readback work: asked by `readback check`. Nothing is sent."""

from bot.domain.page import SendFailed, SendUncertain
from bot.phone.client import TwilioAccount, asked, connect, hang_up


async def refusal(account: TwilioAccount) -> str:
    """Why the account cannot be used, as a slug; empty where it takes our credentials.

    Whether the number is registered with the carriers cannot be seen from outside.
    """
    client = connect(account)
    try:
        await asked(client.messages.list_async(from_=account.sender, limit=1))
    except (SendFailed, SendUncertain) as failed:
        return str(failed)
    finally:
        await hang_up(client)
    return ""
