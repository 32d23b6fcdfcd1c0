"""Every perturbation of the panel, in the order of its classes."""

from __future__ import annotations

from trifold.robustness import files
from trifold.robustness.adapters import (
    at_tempo,
    drawn,
    each,
    heard,
    held,
    misheard,
    of_another,
    random_words,
    rated,
    room,
    said,
    shuffled,
)
from trifold.robustness.catalogue import Class, Perturbation
from trifold.robustness.perturbations import picture, sound, voice, words
from trifold.robustness.recoding import PictureCode, SoundCode

LEAD_S = 1.0
A, B, C, D = Class.INVARIANCE, Class.EVERYDAY, Class.STRESS, Class.IDENTITY
E, F, G = Class.CONTENT, Class.SHORTCUT, Class.ATTACK
EDGES = rated(sound.edges, lead_s=LEAD_S, tail_s=LEAD_S)

PANEL: tuple[Perturbation, ...] = (
    Perturbation(
        "matroska_without_duration",
        A,
        "remuxed to Matroska without a duration",
        file=files.copied(".mkv", format="matroska", options={"live": "1"}),
    ),
    Perturbation(
        "metadata",
        A,
        "title, date and device rewritten in the file",
        file=files.copied(metadata={"title": "b", "encoder": "other"}),
    ),
    Perturbation(
        "frames_25",
        A,
        "25 frames a second, H.264 at CRF 18",
        picture_code=PictureCode(18, rate_hz=25.0),
    ),
    Perturbation(
        "both_channels",
        A,
        "the same voice on two channels, AAC",
        sound_code=SoundCode("aac", layout="both"),
    ),
    Perturbation(
        "sound_16_khz", A, "sound through 16 kHz", sound=rated(sound.resampled, through_hz=16000)
    ),
    Perturbation("louder_6_db", A, "6 dB louder", sound=heard(sound.gain, db=6.0)),
    Perturbation("softer_6_db", A, "6 dB softer", sound=heard(sound.gain, db=-6.0)),
    Perturbation(
        "silence_around", A, "a second of silence before and after", sound=EDGES, lead_s=LEAD_S
    ),
    Perturbation(
        "case_and_marks",
        A,
        "transcript in lower case without marks at word ends",
        words=said(words.plain),
    ),
    Perturbation("h264_crf_28", B, "H.264 at CRF 28", picture_code=PictureCode(28)),
    Perturbation("h264_crf_35", B, "H.264 at CRF 35", picture_code=PictureCode(35)),
    Perturbation(
        "pixels_320", B, "a picture of 320 pixels", frames=each(picture.small, width_px=320)
    ),
    Perturbation("frames_15", B, "15 frames a second", frames=held(rate_hz=15)),
    Perturbation("frames_lost", B, "a tenth of the pictures lost", frames=held(share=0.1)),
    Perturbation(
        "gamma_light", B, "mid-tones lighter (gamma .5)", frames=each(picture.gamma, value=0.5)
    ),
    Perturbation(
        "gamma_dark", B, "mid-tones darker (gamma 2)", frames=each(picture.gamma, value=2.0)
    ),
    Perturbation("darker", B, "30 % darker", frames=each(picture.brightness, factor=0.7)),
    Perturbation(
        "warm_light", B, "a warm light", frames=each(picture.cast, red=1.15, green=1.0, blue=0.8)
    ),
    Perturbation("backlight", B, "a window behind", frames=each(picture.backlight, strength=0.4)),
    Perturbation("blur_2", B, "out of focus (2 pixels)", frames=each(picture.blur, sigma_px=2.0)),
    Perturbation("closer", B, "10 % closer", frames=each(picture.crop, share=0.1)),
    Perturbation("farther", B, "10 % farther", frames=each(picture.crop, share=-0.1)),
    Perturbation(
        "opus_16",
        B,
        "Opus at 16 kbit/s",
        sound_code=SoundCode("libopus", bps=16_000),
    ),
    Perturbation("telephone", B, "300 to 3,400 Hz", sound=rated(sound.telephone)),
    Perturbation("babble_20", B, "voices behind, 20 dB", sound=drawn(sound.babble, snr_db=20.0)),
    Perturbation("noise_20", B, "pink noise, 20 dB", sound=drawn(sound.pink_noise, snr_db=20.0)),
    Perturbation("noise_10", B, "pink noise, 10 dB", sound=drawn(sound.pink_noise, snr_db=10.0)),
    Perturbation("room_0_4", B, "a room of .4 s", sound=room(0.4)),
    Perturbation("wer_5", B, "5 % of words misheard", words=misheard(0.05)),
    Perturbation("wer_10", B, "10 % of words misheard", words=misheard(0.10)),
    Perturbation("h264_crf_45", C, "H.264 at CRF 45", picture_code=PictureCode(45)),
    Perturbation(
        "blur_4", C, "far out of focus (4 pixels)", frames=each(picture.blur, sigma_px=4.0)
    ),
    Perturbation("covered", C, "the person covered", frames=each(picture.covered)),
    Perturbation("camera_off", C, "a black picture", frames=each(picture.dark)),
    Perturbation("frames_2", C, "2 frames a second", frames=held(rate_hz=2)),
    Perturbation("noise_5", C, "pink noise, 5 dB", sound=drawn(sound.pink_noise, snr_db=5.0)),
    Perturbation("noise_0", C, "pink noise, 0 dB", sound=drawn(sound.pink_noise, snr_db=0.0)),
    Perturbation("room_0_8", C, "a room of .8 s", sound=room(0.8)),
    Perturbation(
        "clipping", C, "5 % of the samples at full scale", sound=heard(sound.clipping, share=0.05)
    ),
    Perturbation("wer_20", C, "20 % of words misheard", words=misheard(0.20)),
    Perturbation("wer_30", C, "30 % of words misheard", words=misheard(0.30)),
    Perturbation(
        "first_half",
        C,
        "the first half of words and sound alone",
        sound=heard(sound.first_half),
        words=said(words.first_half),
    ),
    Perturbation(
        "pitch_2_up", D, "pitch 2 semitones, formants kept", sound=rated(voice.pitch, semitones=2.0)
    ),
    Perturbation(
        "pitch_2_down",
        D,
        "pitch -2 semitones, formants kept",
        sound=rated(voice.pitch, semitones=-2.0),
    ),
    Perturbation(
        "pitch_4_up", D, "pitch 4 semitones, formants kept", sound=rated(voice.pitch, semitones=4.0)
    ),
    Perturbation(
        "pitch_4_down",
        D,
        "pitch -4 semitones, formants kept",
        sound=rated(voice.pitch, semitones=-4.0),
    ),
    Perturbation(
        "formants_up", D, "formants 15 % higher", sound=rated(voice.formants, factor=1.15)
    ),
    Perturbation(
        "formants_down", D, "formants 15 % lower", sound=rated(voice.formants, factor=0.85)
    ),
    Perturbation("mirror", D, "left and right exchanged", frames=each(picture.mirror)),
    Perturbation(
        "skin_darker", D, "skin 25 % darker", frames=each(picture.skin_tone, lightness=0.75)
    ),
    Perturbation(
        "skin_lighter", D, "skin 25 % lighter", frames=each(picture.skin_tone, lightness=1.25)
    ),
    Perturbation("hue", D, "colours turned by 20 degrees", frames=each(picture.hue, degrees=20.0)),
    Perturbation("tempo_faster", D, "10 % faster", sound=at_tempo(1.1), tempo=1.1),
    Perturbation("tempo_slower", D, "10 % slower", sound=at_tempo(0.9), tempo=0.9),
    Perturbation("words_shuffled", E, "the same words in another order", words=shuffled),
    Perturbation("words_of_another", E, "another person's words", words=of_another),
    Perturbation("questions_exchanged", E, "answers put to other questions", questions=True),
    Perturbation("repeated", E, "everything said twice", words=said(words.repeated)),
    Perturbation("silent_with_words", E, "no sound, the words there", sound=heard(sound.silenced)),
    Perturbation("random_words", E, "as many words, drawn from all answers", words=random_words),
    Perturbation(
        "background_alone",
        F,
        "the person covered, no sound, no words",
        frames=each(picture.covered),
        sound=heard(sound.silenced),
        words=said(words.nothing),
    ),
    Perturbation(
        "neutral_sentence",
        G,
        "a neutral sentence more, as long as the next",
        words=said(words.added, words.NEUTRAL),
    ),
    Perturbation(
        "instruction", G, "an instruction to rate five", words=said(words.added, words.INJECTION)
    ),
    Perturbation(
        "keywords", G, "words that employers like", words=said(words.added, words.KEYWORDS)
    ),
)
