"""Parts of names in Latin letters, of the peoples who live in a Korean city; only data.

They only say that capitals are somebody's name; words of shops, streets and sentences stand in
`korean/latin_names.py`.
"""

from __future__ import annotations

_KNOWN = """
aaron abdul abdullah abebe adam adams adebayo adhikari agus ahmad ahmed ahn aigerim aigul aileen
ainura aisha akira akmal akter aleksandr aleksei alexander alexandra alexey ali alice alisher allen
altantsetseg amanda amina amit amy ana analyn anastasia anderson andrea andrei andres andrew andrey
andy angela angelica angelo anh anil ann anna anthony antoine aquino arjun arnel arthur asante
ashley askar aung austin aya ayaka ayesha ayse ayu azamat aziz aziza azizbek bae baek bahadur bai
bailey baker bakhtiyor bang bao barbara barnes basnet batbayar batbold batmunkh bautista bayarmaa
bayarsaikhan becker begum bekele ben benjamin bennett bernard betty bhandari bikash bilal bill
binod bishnu bobur bold bolor bolormaa brandon brenda brian brooks brown bryant budi bui butler cai
camila camille campbell cao carlos carol carolyn carter castillo castro catherine cha chae chai
chan charles charlotte chau chen chenda cheng cheryl chinedu chloe cho choi chris christina
christine christopher chukwu chukwudi claire clark cole coleman collins cook cooper cox cristina
cruz cynthia dang daniel daniela daniyar dara daria david davis deborah debra deepak delgermaa deng
dennis dewi diane diaz diego diem dilfuza dilnoza dilshod dinara ding dinh dipak dmitri dmitrii
dmitry doe donald dong donna dorj dorjsuren dorothy du dubois duc dung duong dupont eduardo edward
edwards ekaterina elena elizabeth emeka emi emily emma emmanuel emre enkhbayar enkhjargal erdene
erdenechimeg eri eric ethan evans evelyn evgenia evgeny faisal fan fang farkhod farrukh fatima
fatma fauzi feng fernandez fernando feruza fischer flores ford foster francesca francois frank
gabriel gabriela galina ganbaatar ganbold gantulga ganzorig gao garcia gary george gerald giang
giovanni gita giulia gloria gomez gong gonzales gonzalez grace graham gray green gregory griffin gu
gulmira gulnara gulnora guo gupta gurung gwak ha habib habibur hamid hamilton hamza han hana hanh
hannah hans hao harold harris haruka haruto hasan hashimoto hassan hayashi hayes he heather helen
henderson henry heo hernandez hidayat hien hieu hill hiroshi hlaing hoa hoang hong hossain hou
howard htet htun hu hua huang hughes hui hung huong hussain huynh hwang hyun ibrahim ikeda imran
indah inoue irina isabella islam ito ivan ivanov ivanova jack jackson jacob jacqueline jacques
jahangir james jamshid jane janet jang jason jasur jean jeff jeffrey jenkins jennifer jenny jeon
jeong jeremy jericho jerry jessica jhon ji jiang jie jin jing joan jocelyn joel john johnson
jonathan jones joo jose joseph joshua joy joyce juan judith julia julie jun jung jurgen justin
kamal kana kang kanya kaori karen karim karima karimov karimova karki katherine kathleen kato katya
keiko keith kelly kenji kenneth kenta kevin khadka khan khanh khatun khin khulan kim kimberly
kimura klaus ko kobayashi kofi koo kosal krishna kseniya kubanych kumar kumari kurniawan kwame kwon
kyaw kyle lan larisa larry laura lauren laurent layla lee lei lewis li liam liang lili lim limbu
lin linda ling linh lisa liu loan logan long lopez lorena louis lourdes lu luc luca ludmila luis
luke luo madina magar mai maksim malee malika manoj marc marco margaret maria maribel maricel marie
marilou marina marisol mark martha martin martinez marvin mary mason mathieu matsumoto matt matthew
maxim mayumi md meerim megan megumi mehmet mei melissa mendoza meng mensah meyer michael michelle
miguel miho mika mike mikhail miki miller min ming minh misaki mitchell miyuki mizanur moe mohamed
mohammad mohammed moon moore morales morgan mori morris muhammad muller munkhbat munkhjargal murphy
mustafa my myers myint na nabin nadia nakamura nam nana nancy naoko naomi narantsetseg naresh
nargiza nastya natalia natalie natalya nathan nattapong nelson nga ngan ngo ngoc ngozi nguyen nhi
nhung nicholas nick nicolas nicole nikolai niran noah nodir nodira noh nomin nur nurlan nursultan
nurul nyein oanh odgerel oh okafor oleg olga oliveira oliver olivia omar osman otabek otgonbayar
oyunchimeg oyuntsetseg pamela pan paolo park parker patel patricia patrick patterson paul pavel
pedro peng pereira perez perry peter peterson petrov petrova phally pham phan phillips phuc phuong
phyo pierre polina poudel powell pradeep prakash praphat prasert price priya priyanka putra putri
qiang qin qiu quang quoc quyen quynh rachel rafael rafiq rahim rahman rahmat rahul rai raj rajesh
rakesh rakhimov rakhimova ram ramesh ramon ramos rana rashid ravi raymond rebecca reed ren reyes
ricardo richard richardson rith rizki robert roberto roberts robinson rodriguez roger rogers roman
ronald rosa rosario rose ross rossi rowena ruslan russell rustam rustamov ruth ryan ryo ryu saiful
saito sakura samantha samir samuel sanchez sanders sandip sandra sanjar sanjay santos santosh
santoso sara sarah sarantuya sardor saroj sasaki sato satoshi schmidt schneider scott sean
sebastien seo sergei sergey setiawan shahid shahidul shakhzod sharma sharon shen sherpa sherzod
shim shimizu shin shirley shota shrestha silva simmons singh siriporn siriwan sita siti smirnov
smirnova smith sofia sok solongo somchai somsak son song sophea sopheak sopheap sophia sophie souza
srey sreymom sri stephanie stephen steve steven stewart su sukhbaatar sullivan sultana sun sung
sunil suphaporn suresh susan suzuki svetlana takahashi takashi takeshi tam tamang tanaka tang tariq
tatiana tatyana taylor temur temuulen teresa tesfaye thanh thant thao thapa thi thida thomas
thompson thu thuy tian tien timothy timur ting tom tomoko torres tran trang trung truong tsetseg
tsetsegmaa tuan tumur tung turner tuya tuyet tyler ulugbek um umid umida usman uyanga uyen
valentina van vanessa vanna veasna veronica victoria viet viktor viktoria villanueva vinh virginia
vladimir vo vu wagner wahyu walker wallace walter wang ward watanabe watson weber wei white wichai
william williams wilson win wolfgang won woo wood wright wu xia xiao xiaoli xiaoling xiaomei
xiaoming xiaoyan xie xin xiong xu xuan xue yamada yamaguchi yamamoto yan yang yanto yao ye yen
yerlan ying yoko yoo yoon yoshida yoshiko yu yuan yui yuka yuki yuko yulia yumi yun yuri yusuf
yuting zachary zainab zarina zaw zeng zhang zhanna zhao zhen zheng zhou zhu zihan zolzaya zou
"""
# So common as surnames of ours or as words that they alone say little.
_WEAK = """
a an bang bill brown carol chan cole cook dara do ford gong grace gray green ha han he hill ho hu
jack jean ji joy li long mark mason may moon my na nam park price rai ram reed roman rose son song
sun to um van ward white win won wood yang
"""
LATIN_KNOWN = frozenset(_KNOWN.split())
LATIN_WEAK = frozenset(_WEAK.split())
