"""The words in which reports document a call, and those in which they tell of an attempt.

An attempt taken for a call is the worse mistake: one way of telling ("called", "notified") counts
only where nothing in the sentence speaks against it. Two people who spoke ("discussed with",
"read back by") count although others were tried before.
"""

import re


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


FIRST_WORDS = (
    *("discussed", "spoke", "aware", "read back", "read-back", "acknowledg", "called"),
    *("communicat", "notifi", "informed", "contacted", "phon", "reported", "yed to", "verbal"),
    *("alerted", "told", "reviewed with", "advised of", "telef"),
)
"""One of them is in nearly every text that documents a call. Each is looked for in each report,
which takes as long as a tenth of reading it: what seldom stands alone is left out."""
SHORTEST = "d/w"
"""One more, which takes the longest to look for; a single letter takes no time."""

_BY_VOICE = (
    r"(?:in person|(?:by|via|over the) (?:tele)?phone|verbally|at \d{1,2}:?\d\d|at the scanner|"
    r"in the (?:reading room|ED|ER|OR|ICU|emergency (?:department|room)|department|clinic|ward))"
)
_GERMAN = (
    r"(?:durchgegeben|mitgeteilt|übermittelt|informiert|besprochen|benachrichtigt|weitergegeben|"
    r"verständigt)"
)
SPOKEN = _pattern(
    r"\bdiscussed\b[^;]{0,60}?\b(?:with\b|w/)",
    r"\bd/w\b",
    r"\bspoken? [^;]{0,30}?\b(?:with|to)\b",
    r"\bspoke (?:with\b|to\b|w/)",
    r"\breach(?:ed)? (?!by\b|via\b)(?:the )?\w[^;]{0,60}?\band "
    r"(?:discussed|relayed|communicated|conveyed|reviewed|informed|told|notified)\b",
    r"\b(?:(?:called|phoned|rang) back|(?:was|were) (?:\w+ )?reached)\b"
    r"(?:(?!e-?mail|text|page|messag|voice)[^;]){0,40}\band "
    r"(?:(?:was|were) )?(?:informed|told|notified|made aware|updated)\b(?! to\b)",
    rf"\breviewed with\b(?=[^;]{{0,60}}{_BY_VOICE})",
    r"\b(?:(?:tele)?phone|telephonic|verbal) (?:conversation|discussion|communication|call) with\b",
    # With when or how: two who read the exam together discuss it as well.
    r"\b(?:Drs?|doctor)\b\.?(?: [\w'’-]+){1,3} and I (?:have )?(?:\w+ly )?discussed "
    r"(?:(?:the|these|this|above|critical) ){1,3}(?:findings?|results?|report)\b"
    rf"(?=[^;]{{0,80}}\b(?:{_BY_VOICE}|at \d{{4}}\b))",
    r"\b(?:made|is|are|was|were|been) (?:already |now |fully |well )?aware\b",
    r"\b(?:read|repeated)[ -]?back (?:and \w+ )?(?:by|from|to|with|obtained|confirmed|verified)\b",
    r"\b(?:with|and|was|were|been) (?:verbal(?:ly)? )?(?:read|repeat(?:ed)?)[ -]?back\b",
    r"\b(?:Drs?|doctor|nurse|physician|provider)\b[^;]{0,40}\bread[ -]?back (?:the|these|this)\b",
    r"\back?nowledged? (?:receipt|understanding|the|these|this)\b",
    r"\band acknowledged\b",
    r"\b(?:verbali[sz]ed|expressed) understanding\b",
    r"\bconfirmed receipt\b",
    r"\back?nowledged by\b",
    r"\bcall(?:ed)?\b[^;]{0,60}\band (?:the |these )?(?:findings?|results?) (?:was |were )?"
    r"(?:discussed|relayed|communicated|conveyed)\b",
    r"\b(?:Drs?|doctor)\b\.?(?: (?!(?:not|to|be|is|was|will|should|must|may|made|make|if)\b)"
    r"[\w'’-]+){1,2}\)? aware\b",
    r"\b(?:team|service|staff|ED|ER|ICU|physician|provider|clinician|surgeon|nurse|attending|resident)"
    r" (?:(?:(?!should|must|will|may|to be)[^;]){1,40} and (?:is |are |was |were )?)?"
    r"(?:already |now |fully |well )?aware(?: of\b| that\b| at \d|\W*$)",
)
"""Both sides had their say."""

SAID = _pattern(
    r"\b(?:called|notified|informed(?! consent)|alerted|contacted|(?:tele)?phoned|told)\b",
    r"\b(?:was|were|been) advised (?:of|about|that|at)\b",
    r"\b(?:communicat|report|convey|relay|transmitt|intimat)ed\b[^;]{0,60}\b(?:to\b|with\b|w/)",
    r"\bshared with\b(?=[^;]{0,60}\b(?:phone|telephone|verbal\w*|person)\b)|"
    r"\bhanded over to\b(?=[^;]{0,60}\b(?:phone|telephone|verbal\w*|person|at \d))",
    r"\b(?:results?|findings?|reports?)\b[^;]{0,40}\bgiven to\b",
    r"\bverbal (?:report|results?|findings?|notification)\b[^;]{0,20}\bto\b",
    r"\bnotification\b[^;]{0,40}\b(?:by|via) (?:tele)?phone\b",
    r"\bnotification ?: ?(?:Dr|Drs|doctor)\b[^;]{0,40}(?:\bat \d|\d:\d\d)",
    r"\b(?:tele)?phone (?:call|notification) to\b",
    r"\bverbally (?:handed over|passed on) to\b",
    rf"\btelefonisch\b[^;]{{0,80}}\b{_GERMAN}\b",
)
"""One side spoke, or says so."""

# Behind a preposition: an operation is none.
_SPECIALTY = (
    r"\b(?:with|to|by|informed|notified|called|told) (?:the )?"
    r"(?:(?:on-call|duty|stroke|vascular|general|trauma|ortho\w+|thoracic|spine|pa?ediatric|plastic|"
    r"cardiac|cardiothoracic|colorectal) )?"
    r"(?:(?:neuro)?surgery|(?!tech|radi)\w{3,12}ologists?|(?:neur|cardi|ur|onc|gyna?ec|hepat|hemat|"
    r"gastroenter|pulmon|nephr)ology|ana?esthesi\w*|obstetrics|ortho(?:pa?edics)?)\b"
)
# Whom: a title, a role, or a name in capitals behind a preposition.
WHOM = re.compile(
    r"(?i:\b(?:Dr|Drs|MD|M\.D|NP|PA|PA-C|RN|DO|APRN|CRNP|PCP)\b\.?|\b(?:doctor|physician|nurse|"
    r"provider|clinician|team|resident|attending|surgeon|office|referr\w+|ordering|hospitalist|"
    r"intern|emergency (?:department|room)|clinic|ward|registrar|consultant|SHO|GP|fellow|"
    r"(?:medical|house) officer|midwife|matron|neurosurgeon|prof(?:essor)?)\b)|"
    r"\b(?:ED|ER|ICU|ICU?U|S[pP]R|S[tT]R|ST[1-8]|FY[12]|RMO|CMO|A&E|L&D)\b|"
    rf"(?i:{_SPECIALTY})|"
    r"(?:\b(?:with|to|by)|[Tt]old|[Nn]otified|[Ii]nformed) [A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?"
    r",? (?:(?i:at|on|by|via) |\d)"
)

# What is only tried, planned, or asked for. Behind one way of telling any "not" is enough.
ATTEMPT = _pattern(
    r"\b(?:attempt|unsuccess|unavail|unreach|unansw|await|wait|pend|messag|fax|pager|"
    r"e-?mail|voice-? ?mail)\w*",
    r"\b(?:recommend(?:s|ed|ing)?|failed|fails|try|tried|trying|tries|unable|cannot|could|not|never|nobody|neither|nor|none|yet|unless|"
    r"until|please|busy|mailbox|paged|beeped|VM|LVM|LMOM|msg|ringing|texted|rang)\b",
    r"n['’]t\b",
    r"\b(?:unclear|uncertain|unknown|whether|declin\w+|refus\w+|disconnect\w*|went dead|cut off)\b",
    r"\b(?:by|via|through) (?:(?:an?|the) )?(?:\w+ )?"
    r"(?:text|page|SMS|secure chat|in[ -]?(?:basket|box)|portal|letter)\b",
    r"\bautomat(?:ed|ic) (?:\w+ )?(?:alert|notification|message|system)\b",
    r"\bno[ -](?:one|ans|answer|response|reply|call[ -]?back|return|pick|contact|success|avail)",
    r"\b(?:got|reached|heard) (?:an? |the )?recording\b|\brecording\W*$|\bon hold\b",
    r"\bmssg\b|\bLVMM\b|\bout of (?:the )?(?:office|town|country)\b",
    r"\bon (?:vacation|leave)\b|\boff (?:today|duty|shift)\b",
    r"\b(?:without|w/o) (?:success|reply|response|(?:an )?answer|reaching)\b",
    r"\bleft (?:an? )?(?:\w+ )?(?:word|note|number)\b",
    r"\b(?:hung|hang|picked|pick|picks) up\b|\bcall(?:ed|ing)? ?back\b|\bcallback\b",
    r"\breturn(?:ed)? (?:the |our |my )?calls?\b",
    r"\bL/M\b|\bLM\W*$|\bLM (?:with|on|for|at|x)\b|"
    r"\b(?:office|clinic|was|were|is|but|hours),? closed\b",
    r"\b(?:line|phone|number|extension|but|was|were|is|x ?\d|times),? engaged\b|"
    r"\bswitched off\b|\bline (?:was|is|went) dead\b|\b(?:x ?\d|times),? (?:NR|NA)\b|\(DNA\)|"
    r"\b(?:acknowledg\w+|confirmation|reply|response) (?:is |still )*outstanding\b|"
    r"\b(?:provider|physician|doctor|team|who|he|she|they) (?:had|has|have) "
    r"(?:already )?(?:left|gone)\b|"
    r"\bno (?:\w+ )?(?:physician|provider|doctor|clinician|nurse) "
    r"(?:was |is )?(?:available|present)\b",
    r"\banswering (?:service|machine)\b|['’]s (?:paging )?service\b",
    r"\brequested (?:that|to)\b|\basked (?:to|for)\b",
    r"\b(?:notified|told|informed|alerted) to (?:call|contact|inform|notify|reach|tell|page)\b",
    r"\b(?:will|shall|should|would|must|may|might|can|need\w*|going|to) be\b",
    r"\b(?:will|shall|should|must|needs? to|going to|we are|being|when|once|if) "
    r"(?:call|notif|inform|communicat|contact|reach)\w*",
    r"\bN/A\b|[:?] ?(?:no|none|n|nil|na)\b",
    r"\b(?:nicht|kein\w*|niemand\w*|versuch\w*|vergeblich|erfolglos|Anrufbeantworter|hinterlassen|"
    r"bitte|soll\w*|wird|werden|muss|konnte)\b",
)

# What was written in a system that everybody has, and nobody need have read.
_IN_WRITING = (
    r"\b(?:method|mode|means|via)(?: of \w+)?\s*[:=–-]\s*(?:secure|text|messag|page|e-?mail|epic|"
    r"tiger|chat|fax|sms|in[ -]?basket|portal|voice ?mail|letter)"
)
WRITTEN = _pattern(
    _IN_WRITING,
    r"\belectronically (?:notified|informed|alerted|communicated)\b|"
    r"\belectronic (?:message|notification|alert)\b",
    r"(?:\b(?:by|via|through|using|over|in|on) (?:(?:an?|the) )?(?:secure )?|[(] ?)"
    r"(?:Tiger ?(?:Connect|Text)|Epic|Haiku|Veriphy|Power ?(?:Connect|Scribe)|Perfect ?Serve|"
    r"Voalte|(?:Microsoft |MS )?Teams|WhatsApp|chat|EHR|EMR|RIS|InteleConnect)\b",
)
BY_VOICE = _pattern(r"\b(?:call(?:ed)?|(?:tele)?phone[ds]?|voice|verbal\w*|in person)\b")
WRITTEN_BEHIND = _pattern(
    rf"^(?:[A-Z][\w /]{{0,20}}:[^:;]{{0,40}}[.;\s]\s*){{0,4}}{_IN_WRITING}",
)
"""In a field of the form, behind the one that names whom."""

# The next sentence takes back what "was called" says.
IN_VAIN = re.compile(
    r"(?:there (?:was|is) |he |she |they |we |i |a |an |the |but |however,? |phone |line )*"
    r"(?:no(?:body|[ -]one)?\b|left\b|lvm\b|vm\b|lm\b|did ?n|could ?n|was ?n|has ?n|voice|message|"
    r"nicht\b|kein|await|waiting|unable|unanswer|unsuccess|not\b|busy|mailbox|line\b|went to|"
    r"pending|will (?:call|try))",
    re.IGNORECASE,
)

# Just before "discussed with" and its kin.
NOT_DONE = re.compile(
    r"(?:\b(?:not|never|cannot|will|shall|should|would|must|may|might|can|could|if|unless|until|once|"
    r"when|please|pending|awaiting|unable|recommend(?:ed|s|ing)?|advise|suggest(?:ed|s)?|attempt\w*|"
    r"try|tried|trying|failed|need\w*(?! for)|no|without|neither|nor|make|making|keep|ensure|"
    r"presum\w+|assumed)\b|n['’]t\b|"
    r"\bto be\b)"
    r"(?:(?! and (?:was|were|has been|have been)\b)[^;,]){0,30}$",
    re.IGNORECASE,
)
# Whom they spoke with was not who had to know.
NOT_REACHED = re.compile(
    r"\b(?:voice-? ?mail\w*|answering (?:service|machine)|(?<!via the )(?<!through the )operator|"
    r"secretary|receptionist|front desk|clerk|message|"
    r"LVM|VM|no answer|did not answer|not reached|"
    r"(?:will|would|to) (?:inform|notify|tell|page|relay|pass|give|call|contact|reach|let))\b",
    re.IGNORECASE,
)

_EMPTY = (
    r"(?:_{2,}|\*{3}|<[\s<>_*]*>|@\w+@|\{[^{}]*\}|\$\w+\$|\(blank\)|\?{2,}|#{2,}|X{3,}\b|(?-i:NAME)\b|"
    r"<[^<>]{0,20}(?:name|provider|physician|clinician|doctor)[^<>]{0,20}>|"
    r"\[Dr\.? ?\]|"
    r"\[(?:[\s_*<>?]*|<?[^\[\]]{0,20}(?:name|provider|physician|clinician|doctor|person|who)\b"
    r"[^\[\]]{0,20})\](?!\s*(?:yes|no)\b))"
)
# A form of a dictation whose field for the name nobody has filled in.
_UNFILLED = _pattern(
    rf"\b(?:with|to|by)\s+(?:the\s+)?(?:Dr\b\.?\s*)?{_EMPTY}|\bDrs?\b\.?\s*{_EMPTY}",
    rf"\b(?:notified|informed|called|contacted|aware|name|person|to|with|by)\s*[:?]\s*{_EMPTY}",
    r"\b(?:with|to)\s+Drs?\b\.?\s+(?:at|by)\b",
    r":\s*\[[ _]?\](?:\s*yes\b|\W*$)",
)
_LEFT_OPEN = ("_", "*", "<", "@", "{", "[", "$", "#", "??", "(blank", "(BLANK", "XXX", "NAME")
_LEFT_OUT = ("Dr. at", "Dr at", "DR. AT", "DR AT", "Dr. by ")
"""One of them stands in what is left to fill in: looking for it takes no time."""


def is_unfilled(said: str) -> bool:
    """Whether nobody has said who was told."""
    left = any(map(said.__contains__, (*_LEFT_OPEN, *_LEFT_OUT)))
    return left and _UNFILLED.search(said) is not None
