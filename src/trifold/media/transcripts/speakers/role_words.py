"""What people in an interview are called, in the languages that people label in."""

from __future__ import annotations

CANDIDATE, INTERVIEWER = "candidate", "interviewer"
CANDIDATES = frozenset(
    """
    applicant befragte befragter bewerber bewerberin candidat candidata candidate candidato
    entrevistada entrevistado examinee geïnterviewde interviewee interviewte interviewter
    interviewé interviewée intervistata intervistato jobseeker kandidaat kandidat kandidatin
    kandydat kandydatka postulant postulante proband probandin respondent sollicitant testee
    кандидат респондент 候选人 受访者 応募者 지원자 aday aspirante badana badany befragte(r)
    befragte/r encuestada encuestado enquêté enquêtée görüşülen interviewpartner
    interviewpartnerin jelölt kandidát kandidátka respondentka rozmówca rozmówczyni répondant
    répondante uchazeč uchazečka интервьюируемый кандидатка респондентка соискатель מועמד מרואיין
    المرشح 候補者 候選人 受訪者 应聘者 志願者 應聘者 面试者 면접자 उम्मीदवार अभ्यर्थी ผู้สมัคร
    haastateltava hakija sökande ansøger søker υποψήφιος υποψήφια συνεντευξιαζόμενος válaszadó
    interjúalany داوطلب متقاضی mhojiwa ispitanik kandidatkinja kandidātas kandidaats kandidatas
    kandidatė респондентът terwawancara narasumber
    """.casefold().split()
)
INTERVIEWERS = frozenset(
    """
    assessor avatar entrevistador entrevistadora examiner facilitator frage fragesteller host hr
    interviewer interviewerin investigator interviewers intervieweur intervieweuse intervistatore
    intervistatrice moderator moderatorin narrator panel panelist panellist reclutador reclutadora
    recruiter recruiterin recruteur recruteuse researcher selezionatore интервьюер 采访者 面接官
    面试官 면접관 animateur animatrice ankieter ankieterka announcer badacz badaczka co-host
    cohost encuestador encuestadora enquêteur enquêtrice fragestellerin görüşmeci intervewer
    interviewere interviwer intervjuare intervjuer moderador moderátor mülakatçı personaler
    personalerin prowadząca prowadzący questioner tazatel ведущая ведущий модератор рекрутер
    מראיין المحاور 主持人 司会 採訪者 記者 记者 面試官 진행자 साक्षात्कारकर्ता ผู้สัมภาษณ์
    haastattelija спрашивающий intervieuwer συνεντευκτής συνεντεύκτρια ερευνητής kérdező
    interjúztató مصاحبهکننده مصاحبه mhoji ispitivač intervjueris интервюиращ interviuotojas
    pewawancara intervievator intervievatoare tazatelka інтервʼюер інтервюер
    """.casefold().split()
)
PHRASES = {
    "hiring manager": INTERVIEWER,
    "human resources": INTERVIEWER,
    "talent acquisition": INTERVIEWER,
    "virtual interviewer": INTERVIEWER,
}
SHORT = {
    "int": INTERVIEWER,
    "intv": INTERVIEWER,
    "ir": INTERVIEWER,
    "ivr": INTERVIEWER,
    "ie": CANDIDATE,
    "ive": CANDIDATE,
    "cand": CANDIDATE,
    "resp": CANDIDATE,
}
# letters say what somebody is only beside their counterpart: question and answer, I and B
QUESTIONS = (
    ("q", "a"),
    ("question", "answer"),
    ("f", "a"),
    ("frage", "antwort"),
    ("q", "r"),
    ("question", "réponse"),
    ("p", "r"),
    ("pregunta", "respuesta"),
    ("pergunta", "resposta"),
    ("d", "r"),
    ("domanda", "risposta"),
    ("v", "a"),
    ("vraag", "antwoord"),
    ("fråga", "svar"),
    ("spørgsmål", "svar"),
    ("spørsmål", "svar"),
    ("pytanie", "odpowiedź"),
    ("otázka", "odpověď"),
    ("в", "о"),
    ("вопрос", "ответ"),
    ("soru", "cevap"),
    ("kérdés", "válasz"),
    ("问", "答"),
    ("問", "答"),
    ("问题", "回答"),
    ("質問", "回答"),
    ("질문", "답변"),
    ("السؤال", "الجواب"),
)
# a machine that asks, or what programs call the one who recorded
MACHINES = ("ai", "assistant", "bot", "agent")
PAIRS = (
    *QUESTIONS,
    *((machine, person) for machine in MACHINES for person in ("user", "human", "you")),
    *((asks, answers) for asks in ("interviewer", "recruiter") for answers in ("you", "me")),
    ("i", "b"),
    ("i", "c"),
    ("i", "r"),
    ("i", "ip"),
    ("i", "p"),
    ("i", "k"),
    ("e", "e1"),
)
