"""The headings of a report's sections, as data: what stands where, in the languages seen.

Letter case, accents and what decorates a heading are left to headings. A sender's own go into its
profile (``impression``, ``addendum`` and ``body`` of ``[[hl7.profile]]``).
"""

IMPRESSION = (
    *("IMPRESSION", "IMPRESSIONS", "I M P R E S S I O N", "CONCLUSION", "CONCLUSIONS", "OPINION"),
    *("IMP", "CONCL", "SUMMARY"),  # the latter in Britain
    *("RADIOLOGICAL DIAGNOSIS", "RADIOLOGIC DIAGNOSIS", "RADIOLOGY DIAGNOSIS"),
    *("BEURTEILUNG", "ZUSAMMENFASSENDE BEURTEILUNG", "ZUSAMMENFASSUNG", "FAZIT"),  # German
    *("EPIKRISE", "CONCLUSIE", "SAMENVATTING"),  # German, Dutch
    *("CONCLUSIONE", "CONCLUSIONI"),  # Italian
    *("IMPRESSÃO", "IMPRESSÃO DIAGNÓSTICA", "CONCLUSÃO", "CONCLUSÕES", "OPINIÃO"),  # Portuguese
    *("IMPRESIÓN", "IMPRESIÓN DIAGNÓSTICA", "CONCLUSIÓN", "CONCLUSIONES"),  # Spanish
    *("IMPRESIÓN RADIOLÓGICA", "JUICIO DIAGNÓSTICO", "DIAGNÓSTICO RADIOLÓGICO", "OPINIÓN"),
    *("IMPRESSION DIAGNOSTIQUE", "SYNTHÈSE", "AU TOTAL", "EN CONCLUSION"),  # French
    *("EN RÉSUMÉ", "RÉSUMÉ"),
    *("KONKLUSION", "KONKLUSJON", "KONKL", "BEDÖMNING", "UTLÅTANDE", "LAUSUNTO"),  # the North
    *("VURDERING", "JOHTOPÄÄTÖS", "JOHTOPÄÄTÖKSET", "YHTEENVETO", "NIÐURSTAÐA", "NIÐURSTÖÐUR"),
    *("SAMLET VURDERING", "ÁLIT"),
    *("WNIOSKI", "WNIOSEK", "ZÁVĚR", "ZÁVER", "SONUÇ"),  # Polish, Czech, Slovak, Turkish
    *("ÖSSZEFOGLALÁS", "VÉLEMÉNY", "CONCLUZIE", "CONCLUZII"),  # Hungarian, Romanian
    *("ZAKLJUČAK", "ZAKLJUČEK", "MNENJE", "MIŠLJENJE"),  # Croatian, Slovene
    *("ЗАКЉУЧАК", "МИШЉЕЊЕ"),  # Serbian
    *("ΣΥΜΠΈΡΑΣΜΑ", "ΣΥΜΠΕΡΑΣΜΑ", "ΣΥΜΠΕΡΆΣΜΑΤΑ", "ΣΥΜΠΕΡΑΣΜΑΤΑ"),  # Greek
    *("ЗАКЛЮЧЕНИЕ", "ВИСНОВОК"),  # Russian and Bulgarian, Ukrainian
    *("KOKKUVÕTE", "JÄRELDUS", "SLĒDZIENS", "IŠVADA", "IŠVADOS"),  # Estonian, Latvian, Lithuanian
    *("CONCLUSIÓ", "IMPRESSIÓ DIAGNÒSTICA", "KONKLUZJA", "نتیجه", "نتیجه گیری"),  # Catalan, Polish
    *("診断", "画像診断", "結論", "印象", "诊断", "诊断意见", "影像诊断", "结论", "결론"),
    *("結語", "影像学诊断", "诊断印象", "检查结论", "意见", "超声提示", "판독 결론"),
    *("KẾT LUẬN", "สรุป", "ความเห็น", "الخلاصة", "الانطباع"),  # Vietnamese, Thai, Arabic
    *("מסקנה", "מסקנות", "סיכום"),  # Hebrew
    "インプレッション",
    *("KESAN", "KESIMPULAN"),  # Indonesian
)

WHOLE_REPORT = frozenset(
    {"UTLÅTANDE", "LAUSUNTO", "NIÐURSTAÐA", "SONUÇ", "診断", "画像診断", "SUMMARY", "RÉSUMÉ"}
    | {"EPIKRISE", "SAMENVATTING"}
)
"""Heads the conclusion in a text; as the name of a segment (OBX-3) it may be the whole report."""

ADDENDUM = (
    *("ADDENDUM", "ADDENDA", "NACHTRAG", "AANVULLING", "ADDENDO", "ADENDO", "ADENDA"),
    *("SUPPLEMENTARY REPORT", "SUPPLEMENTAL REPORT"),  # Britain, Ireland, Australia
    # "Ergänzung", "Complément", "Anexo" and "Uzupełnienie" alone are of the body or its technique.
    *("NACHTRAGSBEFUND", "ZUSATZBEFUND", "ERGÄNZUNGSBEFUND", "NACHBEFUND"),  # German
    *("COMPTE RENDU COMPLÉMENTAIRE", "COMPTE-RENDU COMPLÉMENTAIRE", "ADDITIF"),  # French
    *("ADENDUM", "INFORME COMPLEMENTARIO", "INFORME ADICIONAL"),  # Spanish
    *("ADITAMENTO", "LAUDO COMPLEMENTAR", "RELATÓRIO COMPLEMENTAR"),  # Portuguese
    *("INTEGRAZIONE AL REFERTO", "REFERTO INTEGRATIVO", "AANVULLEND VERSLAG"),  # Italian, Dutch
    *("TILLÄGG", "TILLÄGGSUTLÅTANDE", "TILLÄGGSSVAR", "TILLEGG", "TILLEGGSBESKRIVELSE"),  # North
    *("TILLEGGSSVAR", "TILLÆG", "TILLÆGSBESKRIVELSE", "TILLÆGSSVAR", "LISÄLAUSUNTO", "VIÐBÓT"),
    *("UZUPEŁNIENIE OPISU", "UZUPEŁNIENIE WYNIKU", "ANEKS DO OPISU"),  # Polish
    *("DODATEK K NÁLEZU", "DOPLNĚNÍ NÁLEZU", "DOPLNENIE NÁLEZU"),  # Czech, Slovak
    *("KIEGÉSZÍTŐ LELET", "DOPUNA NALAZA"),  # Hungarian, Croatian
    *("ДОПОЛНЕНИЕ", "EK RAPOR"),  # Russian, Turkish
    *("追記", "追加所見", "补充报告", "補充報告", "추가 판독", "추가판독"),
)

BODY = (
    *("FINDINGS", "FINDING", "TECHNIQUE", "COMPARISON", "COMPARISONS", "HISTORY", "INDICATION"),
    *("INDICATIONS", "CLINICAL HISTORY", "CLINICAL INDICATION", "CLINICAL INDICATIONS"),
    *("PROCEDURE", "REPORT", "BEFUND", "BEFUNDE", "TECHNIK", "BEVINDINGEN", "VERSLAG", "REFERTO"),
    *("REPERTI", "ACHADOS", "HALLAZGOS", "TÉCNICA", "RÉSULTAT", "RÉSULTATS", "FUND", "FUNN"),
    *("ОПИСАНИЕ", "所見", "检查所见", "影像所见"),
)

RECOMMENDATION = (
    *("RECOMMENDATION", "RECOMMENDATIONS", "EMPFEHLUNG", "EMPFEHLUNGEN", "AANBEVELING", "ADVIES"),
    *("RECOMMANDATION", "RECOMMANDATIONS", "RECOMENDACIÓN", "RECOMENDACIONES", "RECOMENDAÇÃO"),
)
"""It stands below the impression, and is none of it."""

BELOW = (
    *("COMMUNICATION", "COMMUNICATIONS", "RESULT COMMUNICATION", "RESULTS COMMUNICATION"),
    *("CRITICAL RESULT COMMUNICATION", "CRITICAL RESULTS COMMUNICATION"),
    *("CRITICAL FINDING COMMUNICATION", "CRITICAL FINDINGS COMMUNICATION"),
    *("CRITICAL RESULT NOTIFICATION", "CRITICAL RESULTS NOTIFICATION"),
    *("NOTIFICATION", "ATTESTATION", "ATTENDING ATTESTATION", "TEACHING PHYSICIAN ATTESTATION"),
    *("ATTENDING PHYSICIAN ATTESTATION", "PHYSICIAN ATTESTATION", "RESIDENT ATTESTATION"),
)
"""Who was told, and who vouches for it: none of the impression, whose change reopens an alert."""

BEFORE_AN_IMPRESSION = (
    *("FINAL", "DIAGNOSTIC", "OVERALL", "PRELIMINARY", "RADIOLOGIC", "RADIOLOGICAL", "RADIOLOGY"),
    *("RADIOLOGIST", "RADIOLOGIST'S", "FINDINGS AND", "FINDINGS &", "FINDINGS", "SUMMARY AND"),
    *("ATTENDING", "STAFF", "REPORT", "SUMMARY", "INTERPRETATION", "CONCLUSION", "BEURTEILUNG"),
    *("INTERPRETATION AND", "CONCLUSION AND"),
)
"""Not "clinical impression": that is what the orderer thought."""

EXAMS = (
    *("CT", "CTA", "CTPA", "MR", "MRI", "MRA", "MRV", "US", "ULTRASOUND", "SONOGRAM", "XR"),
    *("X-RAY", "XRAY", "CXR", "RADIOGRAPH", "RADIOGRAPHS", "PET", "NM", "DEXA", "SCAN"),
    *("MAMMOGRAM", "DOPPLER", "ANGIOGRAM", "HEAD", "BRAIN", "NECK", "CHEST", "THORAX"),
    *("ABDOMEN", "PELVIS", "ABDOMINAL", "PELVIC", "CERVICAL", "THORACIC", "LUMBAR", "SPINE"),
    *("C-SPINE", "T-SPINE", "L-SPINE", "FACE", "FACIAL", "ORBITS", "SINUSES", "MAXILLOFACIAL"),
    *("KUB", "RENAL", "LIVER", "HIP", "KNEE", "ANKLE", "FOOT", "SHOULDER", "ELBOW", "WRIST"),
    *("HAND", "LEFT", "RIGHT", "BILATERAL", "AND"),
)
"""An exam's name before its impression, where one report is about several: "CT HEAD IMPRESSION"."""

BESIDE_AN_IMPRESSION = (
    *(*RECOMMENDATION, "PLAN", "RECS", "FINDINGS", "SUMMARY", "DISCUSSION", "CONCLUSION"),
    *("CONCLUSIONS", "INTERPRETATION", "SYNTHÈSE", "ZUSAMMENFASSUNG", "COMMENT", "COMMENTS"),
)
"""As in "IMPRESSION AND RECOMMENDATIONS"."""

AND = ("AND", "UND", "ET", "EN", "E", "Y", "/", "&", "+")

BEFORE_AN_ADDENDUM = (
    *("ATTENDING", "RADIOLOGIST", "RADIOLOGIST'S", "RESIDENT", "FELLOW", "STAFF", "FACULTY"),
    *("FINAL", "FIRST", "SECOND", "THIRD", "NEW", "LATE", "IMPORTANT", "CRITICAL", "STAT"),
    *("START", "START OF", "BEGIN", "BEGIN OF", "BEGINNING OF", "REPORT", "RADIOLOGY"),
)

LABEL = (
    *("NO", "NR", "NUMBER", "REPORT", "AM", "PM", "BEGINS", "BEGIN", "START", "STARTS", "TEXT"),
    *("FINAL", "NEW", "DATE", "TIME", "ON", "AT", "THE", "TO", "OF", "VOM", "UM", "UHR", "DER"),
    *("DU", "LE", "DEL", "DE", "VAN", "DD", "DEN"),
)
"""What only says which addendum it is: number, date and time."""
