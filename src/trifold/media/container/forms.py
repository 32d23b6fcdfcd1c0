"""Forms of recordings: which containers and codecs are opened at all.

FFmpeg knows hundreds, many of them for cut scenes of games, pictures of telescopes or playlists
that name other files. What nobody sends as an interview is not tried: each is code that a made file
could lead into.
"""

from __future__ import annotations

from functools import lru_cache

from av.codec import Codec, codecs_available
from av.codec.codec import UnknownCodecError
from av.stream import Stream

# containers of recordings; never playlists, which would have other files or addresses opened
FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,live_flv,kux,asf,asf_o,mpegts,mpeg,"
    "mpegvideo,m4v,h261,h263,h264,hevc,vvc,av1,obu,ivf,vc1,dirac,mjpeg,mxf,gxf,dv,gif,nut,ogg,"
    "rm,wtv,nsv,yuv4mpegpipe,dhav,swf,wav,w64,aiff,au,caf,mp3,aac,loas,ac3,eac3,dts,dtshd,flac,"
    "amr,amrnb,amrwb,ape,wv,tta,tak,shn,mpc,mpc8,voc,gsm,oma,nistsphere,ircam,sox,dss,dsf,iff,"
    "truehd,mlp"
)
# of cameras, phones, browsers, conferences, screen recorders, and of archives, by FFmpeg's names
PICTURES = (
    "h264,hevc,vvc,av1,vp8,vp9,vp7,vp6,vp6a,vp6f,vp5,vp4,vp3,theora,mpeg4,mpeg2video,"
    "mpeg1video,msmpeg4v1,msmpeg4v2,msmpeg4v3,wmv1,wmv2,wmv3,vc1,h261,h263,h263i,h263p,flv1,"
    "mjpeg,mjpegb,jpeg2000,dvvideo,prores,prores_raw,dnxhd,cfhd,dirac,ffv1,ffvhuff,huffyuv,"
    "utvideo,magicyuv,lagarith,vble,sheervideo,hap,hq_hqa,hqx,speedhq,snow,svq1,svq3,cinepak,"
    "indeo2,indeo3,indeo4,indeo5,rv10,rv20,rv30,rv40,rv60,rawvideo,yuv4,v210,v210x,v308,v408,"
    "v410,r10k,r210,y41p,avui,avrp,avrn,012v,png,apng,gif,webp,bmp,tiff,qtrle,rpza,smc,8bps,"
    "qdraw,msvideo1,msrle,mszh,zlib,zmbv,cscd,tscc,tscc2,flashsv,flashsv2,g2m,fraps,loco,mss1,"
    "mss2,mts2,mscc,msa1,rscc,screenpresso,scpr,wcmv,asv1,asv2,vcr1,aasc,cljr,cllc,cyuv,ulti,"
    "aura2,mimic,nuv,pixlet,media100,apv,notchlc,targa_y216,ylc,m101"
)
# likewise; waveforms as they are stand at the end
SOUNDS = (
    "aac,aac_latm,mp3,mp3adu,mp3on4,mp2,mp1,ac3,eac3,dts,truehd,mlp,opus,vorbis,flac,alac,"
    "mp4als,wavpack,tta,ape,tak,shorten,wmav1,wmav2,wmapro,wmavoice,wmalossless,xma1,xma2,"
    "amr_nb,amr_wb,gsm,gsm_ms,speex,ilbc,qcelp,evrc,g723_1,g728,g729,siren,msnsiren,nellymoser,"
    "truespeech,metasound,twinvq,avc,qdm2,qdmc,cook,sipr,ralf,ra_144,ra_288,atrac1,atrac3,"
    "atrac3al,atrac3p,atrac3pal,atrac9,mace3,mace6,musepack7,musepack8,dsd_lsbf,"
    "dsd_lsbf_planar,dsd_msbf,dsd_msbf_planar,dst,dss_sp,dvaudio,s302m,sbc,aptx,aptx_hd,"
    "comfortnoise,8svx_exp,8svx_fib,iac,imc,acelp.kelvin,osq,wavarc,dolby_e,adpcm_ct,"
    "adpcm_g722,adpcm_g726,adpcm_g726le,adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_sbpro_2,"
    "adpcm_sbpro_3,adpcm_sbpro_4,adpcm_swf,adpcm_yamaha,adpcm_xa,pcm_alaw,pcm_bluray,pcm_dvd,"
    "pcm_f16le,pcm_f24le,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_lxf,pcm_mulaw,pcm_s16be,"
    "pcm_s16be_planar,pcm_s16le,pcm_s16le_planar,pcm_s24be,pcm_s24daud,pcm_s24le,"
    "pcm_s24le_planar,pcm_s32be,pcm_s32le,pcm_s32le_planar,pcm_s64be,pcm_s64le,pcm_s8,"
    "pcm_s8_planar,pcm_u16be,pcm_u16le,pcm_u24be,pcm_u24le,pcm_u32be,pcm_u32le,pcm_u8,pcm_vidc"
)
HARDWARE = ("_cuvid", "_qsv", "_amf", "_v4l2m2m")  # decoders of drivers, which are never taken


def can_be_read(stream: Stream) -> bool:
    """Whether a stream of sound or picture has a codec that is known and in the list."""
    return stream.codec_context is not None and stream.codec.canonical_name in _codecs()


@lru_cache(maxsize=1)
def options() -> dict[str, str]:
    """What keeps FFmpeg to the lists while it looks at a file."""
    return {
        "format_whitelist": FORMATS,
        "codec_whitelist": ",".join(_decoders()),
        "protocol_whitelist": "none",  # there is none of this name
    }


@lru_cache(maxsize=1)
def _codecs() -> frozenset[str]:
    return frozenset(f"{PICTURES},{SOUNDS}".split(","))


def _decoders() -> list[str]:
    """Names of the decoders of the codecs in the list."""
    found = []
    for name in codecs_available:
        try:
            listed = Codec(name, "r").canonical_name in _codecs()
        except UnknownCodecError:  # one that only encodes
            continue
        if listed and not name.endswith(HARDWARE):
            found.append(name)
    return sorted(found)
