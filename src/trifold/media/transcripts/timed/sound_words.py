"""Words of sounds and gaps in many languages, and words that stand beside them in brackets."""

from __future__ import annotations

# A sound by itself; in square brackets one of these is enough.
SOUNDS = frozenset(
    """
    audio
    music musik musique música musica muziek muzyka музыка 音楽 音乐 音樂 음악 song singing sings
    jingle applause applaus applaudissements aplausos aplauso applausi applauds applauding
    clapping claps beifall klatschen аплодисменты 拍手 掌声 laughter laughs laugh laughing chuckles
    chuckle chuckling giggles giggling snickers lachen lacht gelächter lacher kichert kichern
    rires rire rit risas risa ríe risate ride risos смех смеется 笑 笑い 笑声 haha lol cheers
    cheering jubel acclamations vítores inaudible unintelligible indistinct indiscernible
    incomprehensible unclear unhörbar unverständlich inintelligible ininteligible inaudibile
    incompréhensible crosstalk overtalk overlapping durcheinander silence silent pause stille
    schweigen silencio silenzio noise noises noisy geräusch geräusche rauschen bruit bruits
    ruido ruidos rumore static feedback sigh sighs sighing seufzt seufzen soupir soupire
    suspira suspiro cough coughs coughing hustet husten tousse tos tose sneeze sneezes sniffs
    sniffles sniffling clears räuspert räuspern gasp gasps gasping groans groan moans yawns
    yawning grunts scoffs sobbing sobs crying weeps weint breathing breathes breath inhales
    exhales atmet respire respira whispers whispering mumbles mumbling murmurs murmuring
    stutters chatter chattering beep beeps beeping bleep bleeps ringing rings ringtone buzzing
    buzzes chime chimes ding dings knock knocks knocking thud slams bang clicking clicks typing
    rustling footsteps barking barks chirping meows hum hums humming whistling whistles tapping
    screams screaming shouting explosion gunshot sirens siren thunder hupen klingelt klingeln
    foreign blank_audio sil unk noise_event непонятно неразборчиво неслышно смех смеётся смеются
    вздыхает вздох кашель кашляет пауза шум тишина молчание сміх музыкальная нерозбірливо
    gülüşmeler gülüyor gülme kahkaha alkış alkışlar müzik sessizlik anlaşılmıyor öksürür śmiech
    śmieje oklaski brawa niezrozumiałe nieczytelne kaszel pauza cisza westchnienie skratt skrattar
    applåder ohörbart hostar paus latter musikk klapping bifald uhørlig uforståelig naurua nauraa
    musiikkia taputuksia epäselvää gelach gelachen onverstaanbaar 박수 웃음 음악 침묵 기침 헛기침
    한숨 笑い声 沈黙 咳 聞き取れず 聞き取り不能 鼓掌 笑聲 沉默 听不清 聽不清 咳嗽 叹气 smích
    potlesk hudba nesrozumitelné ticho nevetés taps zene csend γέλια μουσική χειροκρότημα ضحك
    موسيقى تصفيق صمت צחוק מוזיקה מחיאות שתיקה संगीत हँसी हंसी तालियाँ तालियां risadas palmas tosse
    ininteligível incompreensível carcajadas toses risata incomprensibile râsete aplauze muzică
    tertawa tepuk gegelächter schmunzelt grinst kichernd lachend seufzend stöhnt hustend unv
    unverst sprecherwechsel telefonklingeln handyklingeln redacted anonymized anonymised
    anonymisiert geschwärzt eps spn nsn
    """.split()  # noqa: SIM905
)

# What may stand beside a sound in round brackets or between asterisks.
BESIDE = frozenset(
    """
    a an the of in on at with and no is are playing plays starts stops ends continues fades
    background audio blank soft softly quiet quietly loud loudly gentle upbeat dramatic tense
    light slow fast sad happy bright ambient classical electronic piano guitar drum rock jazz
    theme intro outro long short brief slight nervous nervously awkward awkwardly deep deeply
    heavily heavy throat voice voices speech speaking speaks language foreign audience crowd
    all both everyone group people man woman men women male female speaker speakers interviewer
    interviewee participant participants candidate phone cell telephone door doorbell bell
    alarm clock keyboard mouse car engine dog dogs bird birds cat wind fingers nose tongue
    snaps traffic room baby child children he she they then spielt spielen leise laut leichtes
    leichte im hintergrund allgemeines publikum sich kurze lange pausa et de du le la les des
    fond en el los del douce suave entraînante éclats public multiple several simultaneous
    simultaneously continued
    """.split()  # noqa: SIM905
)

# Words of a sentence: a bracket with one of these is speech even though it names a sound.
SENTENCE = frozenset(
    """
    i i'm i've you your my me we our us it that which who was were be been like love think
    thought had have has did do don't not but because so when where why how this these would
    could can about ich du wir mein meine dein das der die ist war nicht aber weil wenn und
    habe hat je tu nous mon ma mes est était pas mais que qui ai yo tú mi mis es era pero
    porque no
    """.split()  # noqa: SIM905
) - {"no"}

ROLES = frozenset(
    """
    speaker interviewer interviewee candidate applicant moderator host guest participant
    respondent recruiter researcher facilitator narrator man woman male female person voice
    bewerber bewerberin sprecher sprecherin kandidat kandidatin locuteur candidat entrevistador
    entrevistado candidato
    """.split()  # noqa: SIM905
)
